import { isJsonObject, type JsonObject } from '../json/json-object.js';
import { members } from '../json/members.js';
import { storableText } from '../json/storable-text.js';
import type { TaskError } from '../tasks/task-state.js';

/** What of a worker's words is kept, in characters: lists show it, so it must not be as large as a record. */
const MAX_NAME = 256;
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
  const stack = text('stack');
  const code = text('code');
  return shortError({
    type: text('type') ?? 'Error',
    message: text('message') ?? message ?? 'No reason was given.',
    ...(stack !== null && { stack }),
    ...(code !== null && { code }),
  });
}

/** The `message` of a report, as a text that can be stored and shown in lists; `null` where it says nothing. */
export function decodeMessage(message: unknown, source: () => string): string | null {
  const text = optionalText(message, source);
  return text === null ? null : cut(text, MAX_MESSAGE);
}

/** An error as a task has it, cut where it is too long. */
export function shortError({ type, message, stack, code }: TaskError): TaskError {
  return {
    type: cut(type, MAX_NAME),
    message: cut(message, MAX_MESSAGE),
    ...(stack !== undefined && { stack: cut(stack, MAX_STACK) }),
    ...(code !== undefined && { code: cut(code, MAX_NAME) }),
  };
}

/** The storable text of a field that should be text; another value as its JSON text, and what says nothing as `null`. */
function optionalText(value: unknown, source: () => string): string | null {
  if (value === undefined || value === null || value === '') return null;
  return storableText(typeof value === 'string' ? value : source());
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
