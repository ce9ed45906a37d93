import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTaskwire } from '../../test/support/process.js';
import { unique } from '../../test/support/services.js';
import type { Contender } from '../contender.js';
import { NODE_OPTIONS } from './child-process.js';
import { createTopics } from './topics.js';
import { Worker } from './worker.js';

const AUDIT = `
  SELECT (SELECT count(*) FROM tasks)::integer AS accepted,
    (SELECT count(*) FROM task_events WHERE type = 'succeeded')::integer AS ended`;

/** This project, built, with its defaults. */
export function taskwire(name: string, roles: readonly ('all' | 'web' | 'worker')[]): Contender {
  return {
    name,
    about: `the built application, ${roles.map((role) => `role \`${role}\``).join(' and ')}`,
    start: async (servers) => {
      const databaseUrl = await servers.createDatabase();
      const topics = await createTopics(servers.brokers, name);
      const types = path.join(tmpdir(), `${topics.requestTopic}.yaml`);
      await writeFile(types, `types:\n  default: ${JSON.stringify(topics)}\n`);
      const env = {
        DATABASE_URL: databaseUrl,
        KAFKA_BROKERS: servers.brokers,
        KAFKA_GROUP_PREFIX: unique('bench'),
        TASK_TYPES: types,
        LOG_LEVEL: 'warn',
        NODE_OPTIONS,
      };
      const children = await Promise.all(roles.map((role) => startTaskwire({ role, env })));
      const worker = new Worker(new URL('kafka-worker.ts', import.meta.url), {
        ...topics,
        brokers: servers.brokers,
      });
      const url = children[0]?.url ?? '';
      return {
        target: {
          url,
          submitPath: '/v1/tasks',
          push: {
            url: `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
            protocol: 'socket.io',
          },
        },
        processes: Object.fromEntries(children.map(({ pid }, index) => [roles[index] ?? '', pid])),
        databaseUrl,
        startWorker: () => worker.start(),
        stopWorker: () => worker.stop(),
        audit: async () => {
          const [counts] = await servers.query<{ accepted: number; ended: number }>(AUDIT, databaseUrl);
          return counts ?? { accepted: 0, ended: 0 };
        },
        stop: async () => {
          await worker.stop();
          await Promise.all(children.map((child) => child.stop()));
        },
      };
    },
  };
}
