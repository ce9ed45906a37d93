import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readdirSync, readFileSync } from 'node:fs';
import {
  decodeBytes,
  decodeHeaders,
  type EncodedHeaders,
  type TextOrBase64,
} from '../../src/json/text-or-base64.js';
import type { DeliveredRecord } from '../../src/transport/transport.js';

const CONTRACTS = new URL('../../contracts/', import.meta.url);

/** An example record of `contracts/examples`, with what its reading must be. */
export interface ContractExample<Expected> {
  name: string;
  record: { timestamp?: number; key: TextOrBase64; value: TextOrBase64; headers: EncodedHeaders };
  expect: Expected;
}

/** All examples of the files whose names match. */
export function contractExamples<Expected>(files: RegExp): ContractExample<Expected>[] {
  const names = readdirSync(new URL('examples/', CONTRACTS)).filter((name) => files.test(name));
  return names.flatMap((name) => readJson(`examples/${name}`) as ContractExample<Expected>[]);
}

/** Makes the judge of one of the contracts' JSON Schemas: what it has against a value, empty if nothing. */
export function contractJudge(schema: string): (value: TextOrBase64) => unknown[] {
  const ajv = new Ajv2020({ strictTypes: false, strictRequired: false });
  addFormats.default(ajv);
  const validate = ajv.compile(readJson(schema) as object);
  return (value) => {
    validate(typeof value === 'string' ? JSON.parse(value) : value);
    return validate.errors ?? [];
  };
}

/** The example's record as a transport would deliver it. */
export function exampleRecord({ record }: ContractExample<unknown>): DeliveredRecord {
  return {
    topic: 'examples',
    partition: 0,
    offset: 0,
    timestamp: record.timestamp ?? 0,
    key: decodeBytes(record.key),
    value: decodeBytes(record.value),
    headers: decodeHeaders(record.headers),
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, CONTRACTS), 'utf8'));
}
