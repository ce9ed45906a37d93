import { readFileSync } from 'node:fs';
import { Ajv, type AnySchemaObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TaskType } from './task-type.js';
import { schemaErrors } from './schema-errors.js';

/**
 * Compiles the JSON Schema in a file into a check for payloads. It is one of 2020-12, unless its `$schema` names 2019-09 or draft-07.
 *
 * @throws {Error} with one line, if there is no such file, it is no JSON, or no schema.
 */
export function compilePayloadSchema(file: string): NonNullable<TaskType['payloadErrors']> {
  const schema = readSchema(file);
  // One for each schema, so that two files may have the same `$id`. Unknown keywords are refused: they are slips.
  const ajv = new (dialectOf(schema))({
    allErrors: true,
    strictTypes: false,
    strictTuples: false,
    logger: false,
  });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return (payload) => (validate(payload) ? [] : schemaErrors(validate.errors ?? [], 'payload'));
}

function dialectOf({ $schema }: AnySchemaObject): typeof Ajv | typeof Ajv2019 | typeof Ajv2020 {
  const name = String($schema);
  if (name.includes('/draft-07/')) return Ajv;
  return name.includes('/2019-09/') ? Ajv2019 : Ajv2020;
}

function readSchema(file: string): AnySchemaObject {
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new Error('is not a JSON object');
  return schema;
}
