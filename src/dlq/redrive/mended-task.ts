import { AppError } from '../../errors/app-error.js';
import { isJsonObject } from '../../json/json-object.js';
import { members, objectText } from '../../json/members.js';
import { decodeBytes, type TextOrBase64 } from '../../json/text-or-base64.js';
import { utf8Text } from '../../json/utf8-text.js';
import type { TaskType } from '../../task-types/task-type.js';
import { defaultCorrelation } from '../../tasks/default-correlation.js';
import { checkPayload } from '../../tasks/payload.js';
import type { TaskView } from '../../tasks/task-response.js';

/** What a mended value makes of its task. */
export interface MendedTask {
  /** JSON text: all members of the value but `taskId`, which Taskwire sets. */
  payload: string;
  /** One that was made of the payload is made of the new one. */
  correlationId: string | null;
}

/** @throws AppError `payload_too_large`, or `payload_invalid` unless the value is an object that fits the task type's schema */
export function mendedTask(
  value: TextOrBase64,
  task: Pick<TaskView, 'payload' | 'correlationId'>,
  type: TaskType,
): MendedTask {
  const text = objectTextOf(value);
  const given = new Map(members(text));
  const payload = given.delete('taskId') ? objectText(given) : text;
  const { fields } = checkPayload(payload, type);
  const isDefault = task.correlationId === defaultCorrelation(members(task.payload));
  return { payload, correlationId: isDefault ? defaultCorrelation(fields) : task.correlationId };
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
