import { AppError } from '../errors/app-error.js';

/** What a client asks to follow. */
export type Subscription = { mine: true } | { taskId: string; after: number | undefined };

/** PostgreSQL's `integer`. */
const MAX_SEQ = 2 ** 31 - 1;

/**
 * Reads the body of `subscribe`; whether there is such a task is another question.
 *
 * @throws AppError `invalid_request`
 */
export function parseSubscription(body: unknown): Subscription {
  return parse(body, ['taskId', 'after']);
}

/** Reads the body of `unsubscribe`; throws likewise. */
export function parseUnsubscription(body: unknown): Subscription {
  return parse(body, ['taskId']);
}

function parse(body: unknown, fields: readonly string[]): Subscription {
  if (typeof body !== 'object' || body === null) throw invalid('the message must be an object');
  const { mine, taskId, after } = body as Record<string, unknown>;
  const known = mine === undefined ? fields : ['mine'];
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined) throw invalid(`there is no field ${JSON.stringify(unknown.slice(0, 50))} here`);
  if (mine !== undefined) {
    if (mine !== true) throw invalid('mine must be true');
    return { mine };
  }
  if (typeof taskId !== 'string') throw invalid('taskId must be a string');
  if (!isSeq(after)) throw invalid('after must be the seq of an event');
  return { taskId: taskId.toLowerCase(), after };
}

function isSeq(value: unknown): value is number | undefined {
  if (value === undefined) return true;
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_SEQ;
}

function invalid(what: string): AppError {
  return new AppError('invalid_request', `The request is not valid: ${what}.`);
}
