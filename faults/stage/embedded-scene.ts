import { PGlite } from '@electric-sql/pglite';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { outputOfCrashed } from '../../test/e2e/installation.js';
import { startTaskwire, type TaskwireProcess } from '../../test/support/process.js';
import { dumpDatabase, type Dump } from '../history/dump.js';
import type { History } from '../history/history.js';
import { CREDENTIALS, introducePeople, type People } from '../mix/people.js';
import { ClaimWorker } from '../workers/claim-worker.js';
import { Doors } from './doors.js';
import { Member, type Starter } from './member.js';
import type { Inspector, Scene } from './scene.js';
import { RETRY } from './types.js';

/** Events come to followers within this, in milliseconds. */
const LAST_EVENTS_MS = 4_000;

/** One process with the embedded PostgreSQL, no broker, and a worker over HTTP. */
export async function setEmbeddedScene(history: History): Promise<Scene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-embedded-'));
  const types = path.join(folder, 'types.yaml');
  await writeFile(
    types,
    JSON.stringify({ types: { claimed: { delivery: 'claim', maxAttempts: 5, retry: RETRY } } }),
  );
  const DATA_DIR = path.join(folder, 'data');
  const started = new Set<TaskwireProcess>();
  const starter: Starter = {
    start: async (role, env = {}) => {
      const settings = { ...CREDENTIALS, DATA_DIR, TASK_TYPES: types, LOG_LEVEL: 'warn', ...env };
      const taskwire = await startTaskwire({ role, env: settings });
      started.add(taskwire);
      return taskwire;
    },
  };
  const member = await Member.start(starter, 'all', {});
  const people = await introducePeople();
  const doors = new Doors([member.url]);
  const worker = new ClaimWorker(doors, people.compute.token, history);
  return {
    // It has a whole PostgreSQL in WebAssembly within itself: 955 were seen.
    memoryMb: 1_200,
    webs: [member],
    workers: [],
    taskTypes: { all: ['claimed'], keyed: ['claimed'] },
    doors,
    people,
    history,
    inspector: new EmbeddedInspector(doors, people, member, path.join(DATA_DIR, 'postgres')),
    poison: () => Promise.reject(new Error('there are no topics')),
    crashed: () => outputOfCrashed(started),
    close: async () => {
      await worker.close();
      for (const taskwire of started) if (taskwire.running) await taskwire.stop('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

/** Asks the process while it runs, and its database when it has ended. */
class EmbeddedInspector implements Inspector {
  private dumped: Promise<Dump> | undefined;

  constructor(
    private readonly doors: Doors,
    private readonly people: People,
    private readonly member: Member,
    private readonly folder: string,
  ) {}

  async open(ids?: readonly string[]): Promise<{ type: string; state: string }[]> {
    const query = 'owner=*&limit=200&status=scheduled&status=queued&status=running';
    const { json } = await this.doors.insist(0, `/v1/tasks?${query}`, this.people.operator.token);
    const { items } = json as { items: { id: string; type: string; status: string }[] };
    return items
      .filter(({ id }) => ids?.includes(id) ?? true)
      .map(({ type, status }) => ({ type, state: status === 'running' ? 'claimed' : status }));
  }

  dump(): Promise<Dump> {
    this.dumped ??= this.read();
    return this.dumped;
  }

  tableBytes(): Promise<number> {
    return Promise.resolve(0);
  }

  private async read(): Promise<Dump> {
    await pause(LAST_EVENTS_MS);
    await this.member.terminate();
    const database = await PGlite.create(this.folder);
    try {
      return await dumpDatabase(async (sql) => (await database.query<never>(sql)).rows);
    } finally {
      await database.close();
    }
  }
}
