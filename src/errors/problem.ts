import { ERRORS, type AppError, type ErrorCode, type ErrorDetail } from './app-error.js';

/** An error as callers read it: RFC 9457, with `code` from the closed list. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  instance?: string;
  errors?: readonly ErrorDetail[];
}

/**
 * The problem document of an error. `instance` is the path of the request.
 *
 * A 404 is the same bytes whatever was asked for, so that a foreign task looks like one that does not exist.
 */
export function toProblem(error: AppError, instance?: string): Problem {
  const { status, title } = ERRORS[error.code];
  const problem = {
    type: `urn:taskwire:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
  };
  if (error.code === 'not_found') return { ...problem, detail: 'There is nothing here for you.' };
  return {
    ...problem,
    ...(instance === undefined ? {} : { instance }),
    ...(error.details.length === 0 ? {} : { errors: error.details }),
  };
}
