import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { startKafkaBroker } from '../test/support/kafka.js';
import { createTestDatabase, startPostgres } from '../test/support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../test/support/process.js';
import { unique } from '../test/support/services.js';

/** What a scenario runs on: real servers, a schema and topics of its own, processes as in production. */
export interface Stage {
  requestTopic: string;
  resultTopic: string;
  /** Starts a Taskwire process; settings on top, as `env`. */
  start(role: 'all' | 'web' | 'worker', env?: Record<string, string>): Promise<TaskwireProcess>;
  /** Starts the compute worker that answers at once. */
  startWorker(): Promise<void>;
  /** An empty folder. */
  folder: string;
  query<T extends object>(sql: string): Promise<T[]>;
  /** How many records a topic holds. */
  recordsOn(topic: string): Promise<number>;
}

/** A broker that runs for long, as in production: Java compiles what is hot for speed. */
const KAFKA_JAVA = ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC'];

/** As in the Dockerfile. */
export const NODE_OPTIONS = '--max-semi-space-size=32';

/** Sets the stage, runs a scenario on it, and clears everything away. */
export async function onStage(scenario: (stage: Stage) => Promise<void>): Promise<void> {
  const kafka = await startKafkaBroker({ java: KAFKA_JAVA });
  const postgres = await startPostgres();
  const { brokers } = kafka;
  process.env.TASKWIRE_TEST_SERVICES = JSON.stringify({ brokers, databaseUrl: postgres.url, missing: {} });
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-bench-'));
  const children: { stop(): Promise<unknown> }[] = [];
  const requestTopic = unique('bench-request');
  const resultTopic = unique('bench-result');
  const types = path.join(folder, 'types.yaml');
  await writeFile(
    types,
    `types:\n  default: { requestTopic: ${requestTopic}, resultTopic: ${resultTopic} }\n`,
  );
  const env = {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: brokers,
    NODE_OPTIONS,
    KAFKA_GROUP_PREFIX: unique('bench'),
    TASK_TYPES: types,
    LOG_LEVEL: 'warn',
  };
  try {
    await scenario({
      requestTopic,
      resultTopic,
      folder,
      start: async (role, more = {}) => {
        const taskwire = await startTaskwire({ role, env: { ...env, ...more } });
        children.push(taskwire);
        return taskwire;
      },
      startWorker: async () => {
        children.push(await instantWorker([brokers, requestTopic, resultTopic]));
      },
      query: async <T extends object>(sql: string) => (await pool.query<T>(sql)).rows,
      recordsOn: (topic) => recordsOn(brokers, topic),
    });
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await pool.end();
    await database.drop();
    await rm(folder, { recursive: true });
    await Promise.all([kafka.close(), postgres.close()]);
  }
}

async function instantWorker(args: string[]): Promise<{ stop(): Promise<unknown> }> {
  const script = new URL('instant-worker.ts', import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the worker has no output');
  await once(createInterface(child.stdout), 'line');
  return {
    stop: () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      return exited;
    },
  };
}

async function recordsOn(brokers: string, topic: string): Promise<number> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } finally {
    await admin.disconnect();
  }
}
