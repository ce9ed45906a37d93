import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { canonical } from '../json/canonical.js';
import { members, objectText } from '../json/members.js';
import { AppError, type ErrorDetail } from '../errors/app-error.js';
import type { TaskType } from '../task-types/task-type.js';
import { invalidField } from './invalid-field.js';
import { MAX_KEY_LENGTH, MAX_SECONDS, type SubmitTaskDto } from './submit-task.dto.js';

/** The largest payload, in bytes as sent. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/** A task that passed every check that needs no database. */
export interface Submission {
  id: string;
  type: TaskType;
  owner: string;
  /** JSON text as sent. */
  payload: string;
  payloadBytes: number;
  orderingKey: string | null;
  correlationId: string | null;
  runAt: Date | null;
  delaySeconds: number | null;
  expiresInSeconds: number;
  maxAttempts: number;
  traceparent: string | null;
  idempotency: { key: string; hash: Buffer } | null;
}

/** What came with a submission beside its body. */
export interface SubmissionContext {
  type: TaskType;
  owner: string;
  traceparent: string | null;
  idempotencyKey: string | null;
}

/**
 * Makes a submission of a body that its DTO has accepted.
 *
 * @param text the body's JSON text, from which the payload is cut as it was sent
 * @throws AppError `invalid_request`, `payload_too_large` or `payload_invalid`
 */
export function submissionOf(body: SubmitTaskDto, text: string, context: SubmissionContext): Submission {
  const { type, owner, traceparent, idempotencyKey } = context;
  const runAt = runAtOf(body);
  const fields = members(text);
  const payload = fields.get('payload');
  if (payload === undefined) throw new Error('a body that has a payload has no text for it');
  const payloadBytes = Buffer.byteLength(payload);
  if (payloadBytes > MAX_PAYLOAD_BYTES) throw payloadTooLarge(payloadBytes);
  const payloadFields = members(payload);
  checkPayload(payload, payloadFields, type);
  return {
    id: uuidv7(),
    type,
    owner,
    payload,
    payloadBytes,
    orderingKey: body.orderingKey ?? null,
    correlationId: body.correlationId ?? correlationOf(payloadFields.get('fileId')),
    runAt,
    delaySeconds: body.delaySeconds ?? null,
    expiresInSeconds: body.expiresInSeconds ?? type.expiresInSeconds,
    maxAttempts: body.maxAttempts ?? type.maxAttempts,
    traceparent,
    idempotency: idempotencyKey === null ? null : { key: idempotencyKey, hash: hashOf(fields) },
  };
}

function runAtOf({ runAt, delaySeconds }: SubmitTaskDto): Date | null {
  if (runAt === undefined || runAt === null) return null;
  if (delaySeconds !== undefined && delaySeconds !== null)
    throw invalidField('delaySeconds', 'must not be given together with runAt');
  const date = new Date(runAt);
  if (date.getTime() > Date.now() + MAX_SECONDS * 1000)
    throw invalidField('runAt', 'must be within 63 years');
  return date;
}

function payloadTooLarge(bytes: number): AppError {
  return new AppError(
    'payload_too_large',
    `the payload has ${bytes} bytes, at most ${MAX_PAYLOAD_BYTES} are allowed`,
  );
}

/** Looks at the payload's own text: the parsed body has lost fields with names that Nest does not trust. */
function checkPayload(payload: string, fields: ReadonlyMap<string, string>, type: TaskType): void {
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
}

function schemaErrors(payload: string, type: TaskType): ErrorDetail[] {
  try {
    return type.payloadErrors(JSON.parse(payload) as object);
  } catch (error) {
    // A schema that refers to itself recurses with the payload.
    if (error instanceof RangeError) return [{ path: 'payload', message: 'is nested too deeply' }];
    throw error;
  }
}

/** The default correlation id: `payload.fileId`, a number as its text. One that cannot be a key gives none. */
function correlationOf(fileId: string | undefined): string | null {
  if (fileId === undefined) return null;
  const text = fileId.startsWith('"') ? (JSON.parse(fileId) as string) : /^-?\d/.test(fileId) ? fileId : '';
  const usable = text !== '' && text.length <= MAX_KEY_LENGTH && !text.includes('\0') && text.isWellFormed();
  return usable ? text : null;
}

/** Equal for bodies that are equal as JSON. A batch's item carries its key in the body; that is no part of it. */
function hashOf(fields: ReadonlyMap<string, string>): Buffer {
  const body = [...fields].filter(([name]) => name !== 'idempotencyKey');
  return createHash('sha256')
    .update(canonical(objectText(body)))
    .digest();
}
