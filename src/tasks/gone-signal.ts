import type { FastifyReply } from 'fastify';

/** Aborted when the connection of a reply is done with it: its client has gone, or the answer was written. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}
