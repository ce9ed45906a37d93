import { AppError } from '../../errors/app-error.js';
import { isJsonObject } from '../../json/json-object.js';
import { members, objectText } from '../../json/members.js';
import { decodeBytes, type TextOrBase64 } from '../../json/text-or-base64.js';
import { utf8Text } from '../../json/utf8-text.js';
import type { TaskType } from '../../task-types/task-type.js';
import { checkPayload } from '../../tasks/payload.js';

/**
 * The payload that a mended request value makes, as JSON text: all its members but `taskId`, which Taskwire sets.
 *
 * @throws AppError `payload_too_large`, or `payload_invalid` unless it is an object that fits the task type's schema
 */
export function mendedPayload(value: TextOrBase64, type: TaskType): string {
  const text = objectTextOf(value);
  const fields = new Map(members(text));
  const payload = fields.delete('taskId') ? objectText(fields) : text;
  checkPayload(payload, type);
  return payload;
}

function objectTextOf(value: TextOrBase64): string {
  const bytes = decodeBytes(value);
  const text = bytes && utf8Text(bytes);
  try {
    if (text !== null && isJsonObject(JSON.parse(text))) return text;
  } catch {
    // told below
  }
  throw new AppError('payload_invalid', "the value of a task's request must be a JSON object", {
    details: [{ path: 'value', message: 'must be the text of a JSON object' }],
  });
}
