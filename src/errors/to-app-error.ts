import { HttpException } from '@nestjs/common';
import { isInfrastructureError } from '../database/fault.js';
import { TransportUnavailableError } from '../transport/transport.js';
import { AppError, ERRORS, type ErrorCode } from './app-error.js';

/** Turns whatever was thrown into what a caller may see; the original stays as the cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = frameworkStatus(error);
  if (status !== null && status < 500) {
    return new AppError(codeOf(status), (error as Error).message, { cause: error });
  }
  if (status === 503 || error instanceof TransportUnavailableError || isInfrastructureError(error)) {
    return new AppError('unavailable', 'Something that this needs is down; try again later.', {
      cause: error,
    });
  }
  return new AppError('internal_error', 'It was not your fault; the log has the details.', { cause: error });
}

/** The status that Nest or Fastify gave to an error of their own, else null. */
function frameworkStatus(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('statusCode' in error) || error.name !== 'FastifyError') return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}

const BY_STATUS = new Map<number, ErrorCode>(
  (['unauthorized', 'forbidden', 'not_found', 'payload_too_large', 'unsupported_media_type'] as const).map(
    (code) => [ERRORS[code].status, code],
  ),
);

function codeOf(status: number): ErrorCode {
  return BY_STATUS.get(status) ?? 'invalid_request';
}
