/** @import * as Api from './taskwire.d.ts' */
/** @typedef {{ code: string, detail: string, errors?: { path: string, message: string }[] }} Problem */

/** @implements {Api.TaskwireError} */
export class TaskwireError extends Error {
  /** @override */
  name = 'TaskwireError';

  /**
   * @param {string} code
   * @param {string} message
   * @param {number} [status]
   * @param {readonly { path: string, message: string }[]} [errors]
   */
  constructor(code, message, status, errors = []) {
    super(message);
    this.code = code;
    this.status = status;
    this.errors = errors;
  }
}

const PASSING = new Set(['unavailable', 'internal_error', 'too_many_requests', 'too_many_followers']);

/**
 * Whether the same may be granted later.
 *
 * @param {string} code
 */
export function passes(code) {
  return PASSING.has(code);
}

/**
 * Reads what an answer refuses: a problem document, unless something on the way answered.
 *
 * @param {Response} response
 */
export async function refusal(response) {
  const { status, statusText, headers } = response;
  if (headers.get('content-type')?.startsWith('application/problem+json')) {
    /** @type {Problem} */
    const { code, detail, errors } = JSON.parse(await response.text());
    return new TaskwireError(code, detail, status, errors);
  }
  await response.body?.cancel();
  const code = status === 429 || status >= 500 ? 'unavailable' : 'unexpected_answer';
  return new TaskwireError(code, `${status} ${statusText}`, status);
}
