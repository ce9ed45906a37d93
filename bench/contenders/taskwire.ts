import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTaskwire, type TaskwireProcess } from '../../test/support/process.js';
import { unique } from '../../test/support/services.js';
import type { Audit, Contender, Target } from '../contender.js';
import type { Servers } from '../servers.js';
import { NODE_OPTIONS } from './child-process.js';
import { createTopics, type Topics } from './topics.js';
import { Worker } from './worker.js';

/** The roles of Taskwire. */
export type Role = 'all' | 'web' | 'worker';

/** A place for Taskwire processes: one schema, one pair of topics. */
export interface Installation {
  databaseUrl: string;
  topics: Topics;
  /** Starts the built application; settings on top, as `env`. */
  start: (role: Role, more?: Record<string, string>) => Promise<TaskwireProcess>;
  /** The worker of its tasks; not started. */
  worker: Worker;
  audit: () => Promise<Audit>;
  /** Removes what is not a server's. */
  remove: () => Promise<void>;
}

const AUDIT = `
  SELECT (SELECT count(*) FROM tasks)::integer AS accepted,
    (SELECT count(*) FROM task_events WHERE type = 'succeeded')::integer AS ended`;

/** Makes one that is empty; with the defaults. */
export async function install(servers: Servers, name: string): Promise<Installation> {
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
  return {
    databaseUrl,
    topics,
    start: (role, more = {}) => startTaskwire({ role, env: { ...env, ...more } }),
    worker: new Worker(new URL('kafka-worker.ts', import.meta.url), { ...topics, brokers: servers.brokers }),
    audit: async () => {
      const [counts] = await servers.query<Audit>(AUDIT, databaseUrl);
      return counts ?? { accepted: 0, ended: 0 };
    },
    remove: () => rm(types),
  };
}

/** Where tasks go into a Taskwire process, and their ends come out. */
export function targetOf(url: string): Target {
  const push = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  return { url, submitPath: '/v1/tasks', push: { url: push, protocol: 'socket.io' } };
}

/** This project, built, with its defaults. The first role takes the tasks. */
export function taskwire(name: string, roles: readonly [Role, ...Role[]]): Contender {
  return {
    name,
    about: `the built application, ${roles.map((role) => `role \`${role}\``).join(' and ')}`,
    start: async (servers) => {
      const { databaseUrl, start, worker, audit, remove } = await install(servers, 'taskwire');
      const children = await Promise.all(roles.map((role) => start(role)));
      return {
        target: targetOf(children[0]?.url ?? ''),
        processes: Object.fromEntries(children.map(({ pid }, index) => [roles[index] ?? '', pid])),
        databaseUrl,
        startWorker: () => worker.start(),
        stopWorker: () => worker.stop(),
        audit,
        stop: async () => {
          await worker.stop();
          await Promise.all(children.map((child) => child.stop()));
          await remove();
        },
      };
    },
  };
}
