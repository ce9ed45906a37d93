import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { Server } from 'socket.io';
import { settings } from '../peer-settings.js';

// Bare Socket.IO: who asks is put into the room of a task, and what is reported of the task goes to the room; nothing is stored.
const app = Fastify({ forceCloseConnections: true });
const io = new Server(app.server, { serveClient: false });
io.on('connection', (socket) => {
  socket.on('subscribe', ({ taskId }: { taskId: string }, acknowledge: (answer: object) => void) => {
    void socket.join(taskId);
    acknowledge({ ok: true });
  });
});

let seq = 1;
app.post('/v1/tasks', (_request, reply) => reply.code(202).send({ id: randomUUID() }));
app.post<{ Body: { taskId: string; message: string } }>(
  '/v1/results',
  ({ body: { taskId, message } }, reply) => {
    const at = new Date().toISOString();
    const event = {
      taskId,
      seq: ++seq,
      type: 'progress',
      status: 'running',
      attempt: 1,
      at,
      data: { message },
    };
    io.to(taskId).emit('task', event);
    return reply.send({ items: [{ index: 0, outcome: 'applied' }] });
  },
);
await app.listen({ port: settings.port, host: '127.0.0.1' });
process.stdout.write('ready\n');
