import type { FastifyRequest } from 'fastify';
import type { AppError } from '../errors/app-error.js';
import { credentialsOf } from './credentials.js';

/**
 * What a caller whom we do not know is told to bring (RFC 6750), and why what they brought does not count, if it was a
 * token or a key at all. The reason is one of our own sentences: nothing of the credentials is in it.
 */
export function challengeOf({ message }: AppError, request: FastifyRequest): string {
  const credentials = credentialsOf(request) ?? '';
  return credentials === '' ? 'Bearer' : `Bearer error="invalid_token", error_description="${message}"`;
}
