import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { challengeOf } from '../auth/challenge.js';
import { readOn } from '../http/read-on.js';
import type { AppError } from './app-error.js';
import { toProblem } from './problem.js';
import { toAppError } from './to-app-error.js';

/** Answers every error, from wherever in Nest or Fastify it comes, with a problem document; logs what is our fault. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** The same for errors that Fastify meets before Nest. An answer that has begun already is cut off instead. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toAppError(thrown);
  const [path] = request.url.split('?', 1);
  if (error.status >= 500) log(error, request, path);
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  if (error.code === 'unauthorized') void reply.header('www-authenticate', challengeOf(error, request));
  if (error.retryable) void reply.header('retry-after', '1');
  if (error.code === 'payload_too_large') readOn(request, reply);
  // As bytes, so that Fastify adds no charset to the type.
  void reply
    .status(error.status)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(toProblem(error, path))));
}

const logger = new Logger('Http');

function log(error: AppError, request: FastifyRequest, path: string | undefined): void {
  const line = {
    message: 'A request failed',
    requestId: request.id,
    method: request.method,
    path,
    err: error.cause ?? error,
  };
  if (error.retryable) logger.warn(line);
  else logger.error(line);
}
