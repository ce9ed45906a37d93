import { isJsonObject, type JsonObject } from '../json/json-object.js';
import { printed } from '../json/printed.js';
import { storableText } from '../json/storable-text.js';
import type { TaskError } from '../tasks/task-state.js';

/** What of an error is kept, in characters: lists show it, so it must not be as large as a record. */
const MAX_MESSAGE = 16 * 1024;
const MAX_STACK = 64 * 1024;

/**
 * Reads the `error` of a failed task, into texts that can be stored: an object, or anything else as its message. Where
 * it says nothing, the type is `Error` and the message the given one, else a sentence that says so.
 */
export function decodeTaskError(error: unknown, message: string | null): TaskError {
  const fields: JsonObject = isJsonObject(error) ? error : { message: error };
  const stack = cut(optionalText(fields.stack), MAX_STACK);
  const code = optionalText(fields.code);
  return {
    type: optionalText(fields.type) ?? 'Error',
    message: cut(optionalText(fields.message) ?? message, MAX_MESSAGE) ?? 'No reason was given.',
    ...(stack !== null && { stack }),
    ...(code !== null && { code }),
  };
}

/** The storable text of a field that should be text; another value as its JSON, and what says nothing as `null`. */
export function optionalText(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  return storableText(typeof value === 'string' ? value : printed(value));
}

function cut(text: string | null, length: number): string | null {
  return text !== null && text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
