import type { FastifyReply, FastifyRequest } from 'fastify';

/** How long what is still being sent is read after the answer, in milliseconds. */
const PATIENCE = 5_000;

/**
 * For a body that is refused before all of it has come: Fastify would close the connection behind the answer, and with bytes
 * unread that is a reset, over which many clients lose the answer. So the rest is read, and thrown away, for a while.
 */
export function readOn({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  void reply.removeHeader('connection');
  // Also where the client said that it would close: it does so when it has the answer.
  reply.raw.shouldKeepAlive = true;
  const impatience = setTimeout(() => raw.destroy(), PATIENCE);
  raw.once('close', () => {
    clearTimeout(impatience);
  });
}
