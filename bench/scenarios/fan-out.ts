import { freePort } from '../../test/support/ports.js';
import type { Contender } from '../contender.js';
import { startProgram } from '../contenders/child-process.js';
import { taskwire } from '../contenders/taskwire.js';
import { Entrant } from '../entrant.js';
import type { Figures, Scenario } from '../scenario.js';

const SOCKETS = [1_000, 5_000];

/** Messages that are sent in all, to however many sockets. */
const MESSAGES = 100_000;

const SOCKET_IO: Contender = {
  name: 'bare Socket.IO',
  about: 'Fastify and Socket.IO with a room for a task; nothing is stored',
  start: async () => {
    const port = await freePort();
    const child = await startProgram(new URL('../peers/socket-io/main.ts', import.meta.url), { port });
    const none = (): Promise<void> => Promise.resolve();
    return {
      target: {
        url: `http://127.0.0.1:${port}`,
        submitPath: '/v1/tasks',
        push: { url: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, protocol: 'socket.io' },
      },
      processes: { 'socket-io': child.pid },
      databaseUrl: '',
      startWorker: none,
      stopWorker: none,
      audit: () => Promise.resolve({ accepted: 0, ended: 0 }),
      stop: async () => {
        await child.stop();
      },
    };
  },
};

/** How fast what happens to one task reaches all who follow it. Every socket gets every message, or there is no figure. */
export const fanOut: Scenario = {
  title: 'Messages a second to the sockets that follow one task, by their number',
  plotted: '1,000 sockets',
  contenders: [taskwire('taskwire', ['all']), SOCKET_IO],
  enter: async (contender, servers) => {
    const entrant = await Entrant.start(contender, servers);
    return {
      take: async () => {
        const figures: Figures = {};
        for (const sockets of SOCKETS) {
          const reports = MESSAGES / sockets;
          const { seconds } = await entrant.load({ kind: 'fan-out', sockets, reports });
          figures[`${sockets.toLocaleString('en-US')} sockets`] = MESSAGES / seconds;
        }
        return figures;
      },
      stop: () => entrant.running.stop(),
    };
  },
};
