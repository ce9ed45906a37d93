import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { readBatch } from '../tasks/batch-body.js';

/** The largest body with one task, in bytes: the largest payload and, generously, all that may be beside it. */
const MAX_TASK_BYTES = 1024 * 1024;

const BYTE_ORDER_MARK = 0xfeff;

type Done = (error: Error | null, body?: unknown) => void;
type Parse = (request: FastifyRequest, body: Buffer | string, done: Done) => void;

/**
 * Reads JSON bodies so that no client's holds everybody else up while it is parsed: one with a task is short, and a batch is parsed
 * a task at a time.
 */
export function jsonBodyParser(
  fastify: FastifyInstance,
): (request: FastifyRequest, body: Buffer, done: Done) => void {
  // Its type knows texts only.
  const parse = fastify.getDefaultJsonParser('error', 'error') as unknown as Parse;
  return (request, body, done) => {
    const { url } = request.routeOptions;
    if (url === '/v1/tasks/batch' && body.length > 0)
      readBatch(request, (text) => parsed(parse, request, text)).then((batch) => {
        done(null, batch);
      }, done);
    else if (url === '/v1/tasks' && body.length > MAX_TASK_BYTES)
      done(new AppError('payload_too_large', `A body with one task has at most ${MAX_TASK_BYTES} bytes.`));
    else parse(request, body, done);
  };
}

/** @throws SyntaxError if it is no JSON, or would change a prototype */
function parsed(parse: Parse, request: FastifyRequest, text: string): unknown {
  // At the beginning of a whole body the parser passes it over.
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) throw new SyntaxError('a byte order mark within a body');
  let value: unknown;
  parse(request, text, (error, result) => {
    if (error) throw new SyntaxError(error.message, { cause: error });
    value = result;
  });
  return value;
}
