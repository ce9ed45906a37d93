import { isJsonObject, type JsonObject } from '../json/json-object.js';
import { storableText } from '../json/storable-text.js';
import type { TaskError } from '../tasks/task-state.js';

/**
 * Reads the `error` of a failed task, into texts that can be stored: an object, or anything else as its message. Where
 * it says nothing, the type is `Error` and the message the given one, else a sentence that says so.
 */
export function decodeTaskError(error: unknown, message: string | null): TaskError {
  const fields: JsonObject = isJsonObject(error) ? error : { message: error };
  const stack = optionalText(fields.stack);
  const code = optionalText(fields.code);
  return {
    type: optionalText(fields.type) ?? 'Error',
    message: optionalText(fields.message) ?? message ?? 'No reason was given.',
    ...(stack !== null && { stack }),
    ...(code !== null && { code }),
  };
}

/** The storable text of a field that should be text; another value as its JSON, and what says nothing as `null`. */
export function optionalText(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  return storableText(typeof value === 'string' ? value : JSON.stringify(value));
}
