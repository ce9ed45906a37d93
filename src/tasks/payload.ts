import { AppError, type ErrorDetail } from '../errors/app-error.js';
import { members } from '../json/members.js';
import type { TaskType } from '../task-types/task-type.js';

/** The largest payload, in bytes as sent. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/**
 * Checks a payload's own text: a parsed body has lost fields with names that Nest does not trust.
 *
 * @param payload an object's JSON text, already accepted by `JSON.parse`
 * @returns its size in bytes, and the JSON text of each of its members
 * @throws AppError `payload_too_large` or `payload_invalid`
 */
export function checkPayload(
  payload: string,
  type: TaskType,
): { bytes: number; fields: Map<string, string> } {
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_PAYLOAD_BYTES) throw payloadTooLarge(bytes);
  const fields = members(payload);
  if (fields.has('taskId')) {
    throw new AppError('payload_invalid', 'the payload has a field taskId, which Taskwire adds itself', {
      details: [{ path: 'payload.taskId', message: 'must not be given' }],
    });
  }
  const errors = schemaErrors(payload, type);
  if (errors.length > 0) {
    throw new AppError(
      'payload_invalid',
      `the payload does not fit the schema of the task type ${type.name}`,
      { details: errors },
    );
  }
  return { bytes, fields };
}

function payloadTooLarge(bytes: number): AppError {
  return new AppError(
    'payload_too_large',
    `the payload has ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} are allowed`,
  );
}

function schemaErrors(payload: string, type: TaskType): ErrorDetail[] {
  try {
    return type.payloadErrors?.(JSON.parse(payload) as object) ?? [];
  } catch (error) {
    // A schema that refers to itself recurses with the payload.
    if (error instanceof RangeError) return [{ path: 'payload', message: 'is nested too deeply' }];
    throw error;
  }
}
