import { readFileSync } from 'node:fs';
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TaskType } from './task-type.js';
import { schemaErrors } from './schema-errors.js';

/**
 * Compiles the JSON Schema (2020-12) in a file into a check for payloads.
 *
 * @throws {Error} with one line, if there is no such file, it is no JSON, or no schema.
 */
export function compilePayloadSchema(file: string): NonNullable<TaskType['payloadErrors']> {
  const schema = readSchema(file);
  // One for each schema, so that two files may have the same `$id`. Unknown keywords are refused: they are slips.
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictTuples: false, logger: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return (payload) => (validate(payload) ? [] : schemaErrors(validate.errors ?? [], 'payload'));
}

function readSchema(file: string): AnySchemaObject {
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new Error('is not a JSON object');
  return schema;
}
