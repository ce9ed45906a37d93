import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { RESULTS_PATH } from '../results/results-body.js';
import {
  BATCH_PATH,
  MAX_TASK_BYTES,
  readBatch,
  TASKS_PATH,
  tooLong,
  untrusted,
} from '../tasks/batch-body.js';

const BYTE_ORDER_MARK = 0xfeff;

type Done = (error: Error | null, body?: unknown) => void;
type Parse = (request: FastifyRequest, body: Buffer | string, done: Done) => void;

/**
 * Reads JSON bodies. Names that would change a prototype where somebody copies what has them are refused, but for results: over
 * HTTP they are what they are on a result topic, and nobody copies them.
 *
 * So that no client who submits holds everybody else up while they are parsed, one with a task is short, and a batch
 * is parsed a task at a time. Those of workers and operators are parsed whole.
 */
export function jsonBodyParser(
  fastify: FastifyInstance,
): (request: FastifyRequest, body: Buffer, done: Done) => void {
  // Its type knows texts only.
  const parseAny = fastify.getDefaultJsonParser('ignore', 'ignore') as unknown as Parse;
  const parseStrictly = fastify.getDefaultJsonParser('error', 'error') as unknown as Parse;
  const parse: Parse = (request, body, done) => {
    parseStrictly(request, body, (error, value) => {
      done(error && isJson(body.toString()) ? untrusted() : error, value);
    });
  };
  return (request, body, done) => {
    const { url } = request.routeOptions;
    if (url === BATCH_PATH && body.length > 0)
      readBatch(request, (text) => parsed(parse, request, text)).then((batch) => {
        done(null, batch);
      }, done);
    else if (url === TASKS_PATH && body.length > MAX_TASK_BYTES) done(tooLong());
    else if (url === RESULTS_PATH) parseAny(request, body, done);
    else parse(request, body, done);
  };
}

/** @throws SyntaxError if it is no JSON; AppError `invalid_request` if it would change a prototype */
function parsed(parse: Parse, request: FastifyRequest, text: string): unknown {
  // At the beginning of a whole body the parser passes it over.
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) throw new SyntaxError('a byte order mark within a body');
  let value: unknown;
  parse(request, text, (error, result) => {
    if (error) throw error instanceof AppError ? error : new SyntaxError(error.message, { cause: error });
    value = result;
  });
  return value;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
