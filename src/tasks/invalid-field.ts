import { AppError } from '../errors/app-error.js';

/** The error of one field that is wrong by itself or beside others; `message` begins after the field's name. */
export function invalidField(path: string, message: string): AppError {
  return new AppError('invalid_request', `The request is not valid: ${path} ${message}.`, {
    details: [{ path, message: `${path} ${message}` }],
  });
}
