import Fastify, { type FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';

/** The outside of a peer on Node. */
export interface Front {
  app: FastifyInstance;
  /** Tells all sockets that a task has ended; `result` is JSON. */
  push: (taskId: string, result: string) => void;
}

const body = {
  type: 'object',
  required: ['payload'],
  properties: { payload: { type: 'object' } },
} as const;

/** For tasks (`POST /tasks`) and sockets (`/events`). `accept` resolves with the task's id when it is durable. */
export function createFront(accept: (payload: object) => Promise<string>): Front {
  const app = Fastify({ forceCloseConnections: true });
  const sockets = new WebSocketServer({ server: app.server, path: '/events', perMessageDeflate: false });
  app.post<{ Body: { payload: object } }>('/tasks', { schema: { body } }, async (request, reply) => {
    const { payload } = request.body;
    return reply.code(202).send({ id: await accept(payload), status: 'queued', payload });
  });
  return {
    app,
    push: (taskId, result) => {
      const message = `{"taskId":"${taskId}","type":"succeeded","result":${result}}`;
      for (const socket of sockets.clients) socket.send(message);
    },
  };
}
