import type { LoggerService } from '@nestjs/common';
import { isNativeError } from 'node:util/types';
import { pino, stdTimeFunctions, type DestinationStream, type Logger as Pino } from 'pino';
import { ConfigError, type LogLevel } from '../config/config.js';
import { currentTraceId } from './tracing.js';

/** Nest tells at its start what it wired; that is for debugging. */
const FRAMEWORK = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/**
 * One JSON object a line, for Nest's `Logger`: `new Logger('Relay').warn({ message: 'It waits', taskId })` writes the
 * fields beside `message`; an `err` field becomes type, message, stack, code and cause. Inside a span the line carries
 * its `traceId`.
 */
export class JsonLogger implements LoggerService {
  private readonly pino: Pino;

  /** Writes to stdout unless told otherwise. */
  constructor(level: LogLevel, destination?: DestinationStream) {
    const options = {
      level,
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      serializers: { err: describeError },
      mixin: traceFields,
    };
    this.pino = destination ? pino(options, destination) : pino(options);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // Nest logs what ends the start and passes it on: of a wrong setting `main.ts` tells in one line.
    if (!(message instanceof ConfigError)) this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest passes the name of the logger last and, of an error, its stack before that. */
  private write(level: LogLevel, message: unknown, rest: unknown[]): void {
    const texts = rest.filter((part) => typeof part === 'string');
    const logger = texts.at(-1);
    const stack = texts.length > 1 ? texts[0] : undefined;
    const quiet = level === 'info' && logger !== undefined && FRAMEWORK.has(logger);
    this.pino[quiet ? 'debug' : level]({ logger, stack, ...fieldsOf(message) });
  }
}

function fieldsOf(message: unknown): object {
  if (isError(message)) return { message: message.message, err: message };
  if (typeof message === 'object' && message !== null) return message;
  return { message: String(message) };
}

function traceFields(): object {
  const traceId = currentTraceId();
  return traceId === null ? {} : { traceId };
}

/** Only what is ours to show: errors of the database driver carry the query's parameters, which are people's payloads. */
function describeError(error: unknown): unknown {
  if (!isError(error)) return error;
  const { name, message, stack, code, cause } = error as Error & { code?: unknown };
  return { type: name, message, stack, code, cause: cause === undefined ? undefined : describeError(cause) };
}

/** Also for errors of another realm, as Node's own are inside Jest. */
function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}
