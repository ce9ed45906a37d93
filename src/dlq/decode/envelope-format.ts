import { isJsonObject, type JsonObject } from '../../json/json-object.js';
import { members } from '../../json/members.js';
import { utf8Text } from '../../json/utf8-text.js';
import { decodeTaskError } from '../../results/decode-task-error.js';
import type { DeliveredRecord, RecordHeaders } from '../../transport/transport.js';
import { decodeBytes, decodeHeaders, isEncodedHeaders, isTextOrBase64 } from '../../json/text-or-base64.js';
import type { DeadLetterFormat, DeadLetterReading } from './dead-letter-reading.js';
import { countField, MAX_INTEGER, MAX_TIMESTAMP, textField, timeField } from './optional-fields.js';

/**
 * The envelope that Taskwire and its SDKs write (`contracts/dead-letter.schema.json`). It is known by the two fields
 * `original` and `error`. Any other may be missing, and one that makes no sense counts as missing, except for the
 * record's bytes: if they cannot be read, the whole is left to be kept raw.
 */
export const envelopeFormat: DeadLetterFormat = { name: 'taskwire', read };

function read(record: DeliveredRecord): DeadLetterReading | null {
  const text = record.value && utf8Text(record.value);
  const envelope = text === null ? null : parse(text);
  if (text === null || !isJsonObject(envelope)) return null;
  const { original, error } = envelope;
  if (!isJsonObject(original) || error === undefined || error === null) return null;
  const bytes = readBytes(original);
  return (
    bytes && {
      original: {
        topic: textField(original.topic),
        partition: countField(original.partition, MAX_INTEGER),
        offset: countField(original.offset, Number.MAX_SAFE_INTEGER),
        timestamp: countField(original.timestamp, MAX_TIMESTAMP),
      },
      ...bytes,
      error: {
        stack: null,
        code: null,
        ...decodeTaskError(error, () => members(text).get('error') ?? 'null', null),
      },
      attempts: countField(envelope.attempts, MAX_INTEGER),
      group: textField(envelope.group),
      taskId: textField(envelope.taskId),
      failedAt: timeField(envelope.failedAt),
      truncated: envelope.truncated === true,
    }
  );
}

function readBytes(
  original: JsonObject,
): { key: Buffer | null; value: Buffer | null; headers: RecordHeaders } | null {
  const { key = null, value = null } = original;
  const headers = original.headers ?? {};
  if (!isTextOrBase64(key) || !isTextOrBase64(value) || !isEncodedHeaders(headers)) return null;
  return { key: decodeBytes(key), value: decodeBytes(value), headers: decodeHeaders(headers) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
