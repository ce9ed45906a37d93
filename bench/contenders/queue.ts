import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Child } from '../../test/support/child.js';
import { freePort } from '../../test/support/ports.js';
import type { Audit, Contender } from '../contender.js';
import type { QueueSettings } from '../peers/queues/queue-settings.js';
import { startProgram } from './child-process.js';
import { startRedis, type Redis } from './redis.js';
import { Worker } from './worker.js';

const FOLDER = new URL('../peers/queues/', import.meta.url);

/** How a peer with a queue of its own differs from the others; `folder` is below `peers/queues`. */
interface QueueOptions {
  name: string;
  folder: string;
  about: string;
  redis?: Parameters<typeof startRedis>[0];
}

/** A peer whose tasks and workers go over a queue library instead of Kafka; it counts for itself (`GET /audit`). */
export function queuePeer({ name, folder, about, redis: appendfsync }: QueueOptions): Contender {
  return {
    name,
    about,
    start: async (servers) => {
      await install();
      const redis: Redis | null = appendfsync ? await startRedis(appendfsync) : null;
      const databaseUrl = await servers.createDatabase();
      const schema = /search_path%3D(\w+)/.exec(databaseUrl)?.[1] ?? '';
      const settings: QueueSettings = {
        port: await freePort(),
        databaseUrl,
        schema,
        redisPort: redis?.port ?? 0,
      };
      const child = await startProgram(new URL(`${folder}/main.ts`, FOLDER), settings);
      const worker = new Worker(new URL(`${folder}/worker.ts`, FOLDER), settings);
      const address = `127.0.0.1:${settings.port}`;
      return {
        target: {
          url: `http://${address}`,
          submitPath: '/tasks',
          push: { url: `ws://${address}/events`, protocol: 'plain' },
        },
        processes: { [name]: child.pid },
        databaseUrl,
        startWorker: () => worker.start(),
        stopWorker: () => worker.stop(),
        audit: async () => (await (await fetch(`http://${address}/audit`)).json()) as Audit,
        stop: async () => {
          await worker.stop();
          await child.stop();
          await redis?.stop();
        },
      };
    },
  };
}

/** Their libraries are not Taskwire's dependencies: fetched here, the first time. */
async function install(): Promise<void> {
  if (existsSync(new URL('node_modules', FOLDER))) return;
  await Child.run('npm', ['ci'], { cwd: fileURLToPath(FOLDER) });
}
