import { isJsonObject, type JsonObject } from '../json/json-object.js';
import { members } from '../json/members.js';
import { storableText } from '../json/storable-text.js';
import type { TaskError } from '../tasks/task-state.js';

/** What of an error is kept, in characters: lists show it, so it must not be as large as a record. */
const MAX_MESSAGE = 16 * 1024;
const MAX_STACK = 64 * 1024;

/**
 * Reads the `error` of a failed task, into texts that can be stored: an object, or anything else as its message. Where
 * it says nothing, the type is `Error` and the message the given one, else a sentence that says so.
 *
 * @param source gives the JSON text of `error`: what is not text is taken from there, so that numbers stay what they are
 */
export function decodeTaskError(error: unknown, source: () => string, message: string | null): TaskError {
  const fields: JsonObject = isJsonObject(error) ? error : { message: error };
  const sourceOf = (name: string): string =>
    isJsonObject(error) ? (members(source()).get(name) ?? 'null') : source();
  const text = (name: string): string | null => optionalText(fields[name], () => sourceOf(name));
  const stack = cut(text('stack'), MAX_STACK);
  const code = text('code');
  return {
    type: text('type') ?? 'Error',
    message: cut(text('message') ?? message, MAX_MESSAGE) ?? 'No reason was given.',
    ...(stack !== null && { stack }),
    ...(code !== null && { code }),
  };
}

/** The storable text of a field that should be text; another value as its JSON text, and what says nothing as `null`. */
export function optionalText(value: unknown, source: () => string): string | null {
  if (value === undefined || value === null || value === '') return null;
  return storableText(typeof value === 'string' ? value : source());
}

function cut(text: string | null, length: number): string | null {
  return text !== null && text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
