import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BATCH_PATH, MAX_TASK_BYTES, readBatch, TASKS_PATH, tooLong } from '../tasks/batch-body.js';

const BYTE_ORDER_MARK = 0xfeff;

type Done = (error: Error | null, body?: unknown) => void;
type Parse = (request: FastifyRequest, body: Buffer | string, done: Done) => void;

/**
 * Reads JSON bodies so that no client who submits holds everybody else up while they are parsed: one with a task is short, and a batch
 * is parsed a task at a time. Those of workers and operators are parsed whole.
 */
export function jsonBodyParser(
  fastify: FastifyInstance,
): (request: FastifyRequest, body: Buffer, done: Done) => void {
  // Its type knows texts only.
  const parse = fastify.getDefaultJsonParser('error', 'error') as unknown as Parse;
  return (request, body, done) => {
    const { url } = request.routeOptions;
    if (url === BATCH_PATH && body.length > 0)
      readBatch(request, (text) => parsed(parse, request, text)).then((batch) => {
        done(null, batch);
      }, done);
    else if (url === TASKS_PATH && body.length > MAX_TASK_BYTES) done(tooLong());
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
