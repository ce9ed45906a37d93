import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../errors/app-error.js';
import { toProblem } from '../errors/problem.js';

/** How long a client that does not close may take to read the answer, in milliseconds. */
const PATIENCE = 5_000;

/** Answers what Node cannot read as HTTP, or had to wait for too long, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const detail =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'The request took too long to arrive.'
      : 'This is not valid HTTP.';
  const problem = toProblem(new AppError('invalid_request', detail));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // That closes our half only.
  const impatience = setTimeout(() => socket.destroy(), PATIENCE);
  socket.once('close', () => {
    clearTimeout(impatience);
  });
}
