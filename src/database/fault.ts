import { types } from 'node:util';
import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';

/**
 * Whose fault an error is decides what happens to the work that met it:
 *
 * - `record`: something in one of the records cannot be stored or processed; split the batch until it stands alone.
 * - `repeat`: the transaction lost against another one; run it again at once.
 * - `halve`: the database gave up on the size of the work; try half of it, then treat it as `infrastructure`.
 * - `infrastructure`: nobody's record is to blame; pause and try again later.
 */
export type Fault = 'record' | 'repeat' | 'halve' | 'infrastructure';

/** An error that our own code met while it worked on a record: the record's fault, never the infrastructure's. */
export class RecordFault extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RecordFault';
  }
}

/** Runs our own (synchronous) code on records, so that whatever it throws counts as the records' fault. */
export function blamingRecords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new RecordFault(error);
  }
}

/** Classes of SQLSTATE that speak of the data: exceptions, constraints, program limits (PostgreSQL, appendix A). */
const RECORD_CLASSES = new Set(['22', '23', '54']);

/** Classifies what a piece of work inside a transaction threw. */
export function faultOf(error: unknown): Fault {
  if (error instanceof RecordFault) return 'record';
  const state = sqlState(error);
  if (state === '40P01' || state === '40001') return 'repeat';
  if (state === '57014' || state === '53200') return 'halve';
  return state !== null && RECORD_CLASSES.has(state.slice(0, 2)) ? 'record' : 'infrastructure';
}

/** Whether PostgreSQL refused a statement only because an earlier one of its transaction had failed (25P02). */
export function isEcho(error: unknown): boolean {
  return sqlState(error) === '25P02';
}

/**
 * Whether an error comes from a query, a connection or the pool and is not the data's fault. Unlike `faultOf` it does
 * not guess: an error that it does not know is somebody's mistake, and `false`.
 */
export function isInfrastructureError(error: unknown): boolean {
  if (error instanceof RecordFault || !isError(error)) return false;
  if (error instanceof QueryFailedError || sqlState(error) !== null) return faultOf(error) !== 'record';
  // TypeORM takes a broken connection out of the hands of a transaction that goes on with it.
  if (
    error instanceof QueryRunnerAlreadyReleasedError ||
    error instanceof QueryRunnerProviderAlreadyReleasedError
  )
    return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // A database's socket file that is not there; any other file is somebody's mistake.
  if (code === 'ENOENT') return syscall === 'connect';
  return (code !== undefined && CONNECTION_CODES.has(code)) || CONNECTION_MESSAGES.test(error.message);
}

/** Also one from another realm, as Node's own are inside Jest. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** pg gives these no code: `client.js` and `pg-pool/index.js`. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** The five characters of the SQLSTATE that PostgreSQL gave, or null if the error never reached it. */
function sqlState(error: unknown): string | null {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!isError(source)) return null;
  const code = (source as Error & { code?: unknown }).code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in source ? code : null;
}
