import type { Child } from '../../test/support/child.js';
import { freePort } from '../../test/support/ports.js';
import type { Audit, Contender } from '../contender.js';
import type { PeerSettings } from '../peers/peer-settings.js';
import { startProgram } from './child-process.js';
import { createTopics } from './topics.js';
import { Worker } from './worker.js';

/** How a peer differs from the others. */
interface PeerOptions {
  name: string;
  about: string;
  /** Starts it, by default as the TypeScript program `peers/NAME/main.ts`; resolves when it takes tasks. */
  launch?: (settings: PeerSettings) => Promise<Child>;
  /** Of its WebSocket. */
  protocol?: 'plain' | 'socket.io';
}

const AUDIT = `SELECT count(*)::integer AS accepted, count(finished_at)::integer AS ended FROM tasks`;

/** A peer with a table `tasks` that hands tasks out over Kafka. */
export function kafkaPeer({ name, about, launch, protocol = 'plain' }: PeerOptions): Contender {
  return {
    name,
    about,
    start: async (servers) => {
      const databaseUrl = await servers.createDatabase();
      const topics = await createTopics(servers.brokers, name);
      const port = await freePort();
      const settings = { port, databaseUrl, brokers: servers.brokers, ...topics };
      const main = new URL(`../peers/${name}/main.ts`, import.meta.url);
      const child = await (launch?.(settings) ?? startProgram(main, settings));
      const worker = new Worker(new URL('kafka-worker.ts', import.meta.url), settings);
      const path = protocol === 'plain' ? '/events' : '/socket.io/?EIO=4&transport=websocket';
      return {
        target: {
          url: `http://127.0.0.1:${port}`,
          submitPath: '/tasks',
          push: { url: `ws://127.0.0.1:${port}${path}`, protocol },
        },
        processes: { [name]: child.pid },
        databaseUrl,
        startWorker: () => worker.start(),
        stopWorker: () => worker.stop(),
        audit: async () => {
          const [counts] = await servers.query<Audit>(AUDIT, databaseUrl);
          return counts ?? { accepted: 0, ended: 0 };
        },
        stop: async () => {
          await worker.stop();
          await child.stop();
        },
      };
    },
  };
}
