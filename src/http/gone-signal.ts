import type { FastifyReply } from 'fastify';

/**
 * Calls back when the connection of a reply is done with it: its client has gone, or the answer was written. At once if it has
 * gone before anybody listened, while it was found out who it is.
 */
export function whenGone(reply: FastifyReply, callback: () => void): void {
  if (reply.raw.destroyed) callback();
  else reply.raw.once('close', callback);
}

/** Aborted when the connection of a reply is done with it. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenGone(reply, () => {
    gone.abort();
  });
  return gone.signal;
}
