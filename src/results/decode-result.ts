import { REQUEST_HEADERS } from '../dispatch/request-record.js';
import { isJsonObject, type JsonObject } from '../json/json-object.js';
import { members, objectText } from '../json/members.js';
import { printed } from '../json/printed.js';
import { utf8Text } from '../json/utf8-text.js';
import type { Report } from '../tasks/facts.js';
import type { DeliveredRecord, RecordHeaders } from '../transport/transport.js';
import { headerText } from './decode-header.js';
import { decodeReport, type Envelope } from './decode-report.js';
import { RecordError } from './record-error.js';

/**
 * A result record's reading. The first three are the candidates for the task's id or correlation id, in the order in
 * which they count; at least one is there. Each is text that some task could have as its id: not empty, and without
 * U+0000 or lone surrogates.
 */
export interface DecodedResult {
  /** The value's `taskId`; a number as its text, digit for digit. */
  taskId: string | null;
  /** The record's key. */
  key: string | null;
  /** The header `taskwire-task-id`. */
  headerTaskId: string | null;
  /** From 1; `null` if the worker names none. */
  attempt: number | null;
  report: Report;
}

const ENVELOPE_FIELDS = new Set(['taskId', 'status', 'timestamp', 'attempt', 'progress', 'message', 'error']);
const MAX_ATTEMPT = 2 ** 31 - 1;
const NO_ID = /[\0\p{Surrogate}]/u;

/** What comes with a result's value where it is a record's. */
type Envelopment = Pick<DeliveredRecord, 'key' | 'headers'>;

/**
 * Reads a result in all the shapes that workers write, as `contracts/README.md` describes them.
 *
 * @throws RecordError with any code but `unknown_task` and `correlation_ambiguous`
 */
export function decodeResult(record: Envelopment & Pick<DeliveredRecord, 'value'>): DecodedResult {
  return decodeResultText(valueText(record.value), record);
}

/**
 * The same for a value's JSON text; over HTTP nothing comes with it. Costs one `JSON.parse` and one scan of the text; the
 * result itself is cut out of it and never printed anew.
 *
 * @throws RecordError
 */
export function decodeResultText(
  text: string,
  record: Envelopment = { key: null, headers: {} },
): DecodedResult {
  const value = parseObject(text);
  const source = members(text);
  const taskId = decodeTaskId(value.taskId, source);
  const key = possibleId(record.key && utf8Text(record.key));
  const headerTaskId = possibleId(headerText(record.headers, REQUEST_HEADERS.taskId));
  if (taskId === null && key === null && headerTaskId === null) {
    throw new RecordError('task_id_missing', 'Neither the value nor the key or a header names a task.');
  }
  const payload = wrappedPayload(value);
  const envelope = payload ? openWrapping(value, payload, source) : envelopeOf(value, () => source);
  return {
    taskId,
    key,
    headerTaskId,
    attempt: decodeAttempt(envelope.attempt, record.headers),
    report: decodeReport(envelope, () => (payload ? (source.get('payload') ?? '{}') : flatResult(source))),
  };
}

function valueText(value: Buffer | null): string {
  if (value === null) throw new RecordError('value_missing', 'The record has no value.');
  const text = utf8Text(value);
  if (text === null) throw new RecordError('invalid_utf8', 'The value is not UTF-8.');
  return text;
}

function parseObject(text: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new RecordError('not_an_object', 'The value is JSON, but not an object.');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RecordError('invalid_json', `The value is not JSON: ${String(cause)}`, { cause });
  }
}

function decodeTaskId(taskId: unknown, source: Map<string, string>): string | null {
  if (typeof taskId === 'number') return source.get('taskId') ?? null;
  return typeof taskId === 'string' ? possibleId(taskId) : null;
}

function possibleId(text: string | null): string | null {
  return text === null || text === '' || NO_ID.test(text) ? null : text;
}

/** The payload that holds status and result, if the value is of the wrapped kind. */
function wrappedPayload({ status, payload }: JsonObject): JsonObject | null {
  return (status === undefined || status === null) && isJsonObject(payload) ? payload : null;
}

function envelopeOf(
  { status, attempt, progress, message, error }: JsonObject,
  source: () => Map<string, string>,
): Envelope {
  return { status, attempt, progress, message, error, source: (field) => source().get(field) ?? 'null' };
}

/** A wrapped value's envelope: the fields of the payload come first. */
function openWrapping(value: JsonObject, payload: JsonObject, source: Map<string, string>): Envelope {
  const own = envelopeOf(payload, () => members(source.get('payload') ?? '{}'));
  const outer = envelopeOf(value, () => source);
  return {
    status: own.status,
    attempt: own.attempt ?? outer.attempt,
    progress: own.progress ?? outer.progress,
    message: own.message ?? outer.message,
    error: own.error ?? outer.error,
    source: (field) => ((own[field] ?? null) === null ? outer : own).source(field),
  };
}

/** Every member that is not the envelope's. */
function flatResult(source: Map<string, string>): string {
  return objectText([...source].filter(([name]) => !ENVELOPE_FIELDS.has(name)));
}

/**
 * The value's attempt, else the header's; in both places a number or its digits will do. An attempt that cannot be
 * read is an error and never "none": without one a late answer could pass for the current attempt's.
 */
function decodeAttempt(fromValue: unknown, headers: RecordHeaders): number | null {
  const attempt = fromValue ?? headerText(headers, REQUEST_HEADERS.attempt);
  if (attempt === null) return null;
  const number = typeof attempt === 'string' && /^\d{1,10}$/.test(attempt) ? Number(attempt) : attempt;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= MAX_ATTEMPT)
    return number;
  throw new RecordError('attempt_invalid', `No attempt: ${printed(attempt).slice(0, 100)}`);
}
