import { createHash } from 'node:crypto';
import { newId } from '../database/new-id.js';
import { canonical } from '../json/canonical.js';
import { members, objectText } from '../json/members.js';
import type { TaskType } from '../task-types/task-type.js';
import { defaultCorrelation } from './default-correlation.js';
import { invalidField } from './invalid-field.js';
import { checkPayload } from './payload.js';
import { MAX_SECONDS, type SubmitTaskDto } from './submit-task.dto.js';

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
  const { bytes: payloadBytes, fields: payloadFields } = checkPayload(payload, type);
  return {
    id: newId(),
    type,
    owner,
    payload,
    payloadBytes,
    orderingKey: body.orderingKey ?? null,
    correlationId: body.correlationId ?? defaultCorrelation(payloadFields),
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

/** Equal for bodies that are equal as JSON. A batch's item carries its key in the body; that is no part of it. */
function hashOf(fields: ReadonlyMap<string, string>): Buffer {
  const body = [...fields].filter(([name]) => name !== 'idempotencyKey');
  return createHash('sha256')
    .update(canonical(objectText(body)))
    .digest();
}
