import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';

const STOPPED_MS = 60_000;
const TERMINATIONS = 30;

const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;

const READ_ONLY = (value: 'on' | 'off'): string =>
  `ALTER SYSTEM SET default_transaction_read_only = ${value}`;

async function setReadOnly(stage: Stage, value: 'on' | 'off'): Promise<void> {
  const database = await stage.installation.connect();
  try {
    await database.query('SET default_transaction_read_only = off');
    await database.query(READ_ONLY(value));
    await database.query('SELECT pg_reload_conf()');
  } finally {
    await database.end();
  }
}

/** What happens to Kafka and PostgreSQL. */
export const SERVER_FAULTS: Fault[] = [
  {
    name: 'broker-kill',
    about: '`kill -9` of the broker; started again at once, with its log',
    inject: async ({ servers: { kafka } }) => {
      await kafka.kill();
      await kafka.start();
    },
  },
  {
    name: 'broker-stop',
    about: 'the broker is stopped for 60 s',
    inject: async ({ servers: { kafka } }) => {
      await kafka.stop();
      await pause(STOPPED_MS);
      await kafka.start();
    },
  },
  {
    name: 'postgres-restart',
    about: 'PostgreSQL ends at once, as in a crash, and is started again',
    inject: async ({ servers: { postgres } }) => {
      await postgres.kill();
      await postgres.start();
    },
  },
  {
    name: 'postgres-terminate',
    about: `all connections to PostgreSQL are terminated, ${TERMINATIONS} times in a row`,
    inject: async ({ installation }, random) => {
      const database = await installation.connect();
      for (let turn = 0; turn < TERMINATIONS; turn++) {
        await database.query(TERMINATE);
        await pause(random.between(20, 200));
      }
      await database.end();
    },
  },
  {
    name: 'read-only',
    about: 'PostgreSQL takes no writes for 10 s',
    inject: async (stage) => {
      await setReadOnly(stage, 'on');
      await pause(10_000);
      await setReadOnly(stage, 'off');
    },
  },
];
