import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { pythonInterpreter } from '../support/python.js';
import { sharedServices, unique, type SharedServices } from '../support/services.js';

/** How long a test waits for what has to come, and how often it looks: other tests need the processors, too. In milliseconds. */
export const PATIENCE = { timeoutMs: 60_000, intervalMs: 100 };

/** Where the processes find things, if not where all tests do. */
export interface InstallationOptions extends Partial<SharedServices> {
  /** Settings of all processes, on top of those that every installation has. */
  env?: Record<string, string>;
  /** Where the application is; this project's own folder by default. */
  folder?: string;
}

/**
 * One installation of Taskwire: a schema, topics and consumer groups that no other has, and the processes that were
 * started in it. Nothing of it shares memory with the test.
 */
export class Installation {
  readonly requestTopic = unique('request');
  readonly resultTopic = unique('result');
  readonly groupPrefix = unique('group');
  private readonly processes: Child[] = [];

  private constructor(
    readonly services: SharedServices,
    /** As in `DATABASE_URL`. */
    readonly databaseUrl: string,
    private readonly env: Record<string, string>,
    private readonly database: pg.Pool,
    private readonly dispose: () => Promise<void>,
    private readonly folder: string | undefined,
  ) {}

  static async create({
    env = {},
    folder: application,
    ...services
  }: InstallationOptions = {}): Promise<Installation> {
    const found = { ...sharedServices(), ...services };
    const schema = await createTestDatabase(found.databaseUrl);
    const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-e2e-'));
    const types = path.join(folder, 'types.yaml');
    const database = new pg.Pool({ connectionString: schema.url, max: 4 });
    // The server may be stopped while a connection idles.
    database.on('error', () => undefined);
    const installation = new Installation(
      found,
      schema.url,
      { ...env, TASK_TYPES: types },
      database,
      async () => {
        await database.end();
        await schema.drop();
        await rm(folder, { recursive: true });
      },
      application,
    );
    const { requestTopic, resultTopic } = installation;
    await writeFile(
      types,
      `types:\n  default: { requestTopic: ${requestTopic}, resultTopic: ${resultTopic} }\n  claimed: { delivery: claim }\n`,
    );
    return installation;
  }

  /** The settings of its processes but for the role. */
  get settings(): Record<string, string> {
    return {
      DATABASE_URL: this.databaseUrl,
      KAFKA_BROKERS: this.services.brokers,
      KAFKA_GROUP_PREFIX: this.groupPrefix,
      LOG_LEVEL: 'warn',
      ...this.env,
    };
  }

  get resultsGroup(): string {
    return `${this.groupPrefix}-results`;
  }

  /** Starts a process, which listens when this resolves; `folder` is where the application is, if not where that of all is. */
  async start(
    role: 'all' | 'web' | 'worker',
    env: Record<string, string> = {},
    folder = this.folder,
  ): Promise<TaskwireProcess> {
    const process = await startTaskwire({ role, folder, env: { ...this.settings, ...env } });
    this.processes.push(process);
    return process;
  }

  /** Starts an independent Python worker: a program of `test/e2e/workers`. */
  async startPlainWorker(program = 'plain_worker.py'): Promise<Child> {
    const script = path.join(ROOT, 'test', 'e2e', 'workers', program);
    const topics = [this.requestTopic, this.resultTopic];
    const command = [script, this.services.brokers, ...topics, unique('compute')];
    const worker = await Child.start(await pythonInterpreter(), command);
    this.processes.push(worker);
    return worker;
  }

  /** Asks the database behind the processes' backs. */
  async query<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.database.query<Row>(sql, parameters)).rows;
  }

  /** A connection to the database that is the caller's to end. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    // A fault may end it at any moment: whoever asks it then is told.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /**
   * How many tasks have which history: `{'1 submitted, 2 succeeded': 300}`. A hole or a step that happened twice shows.
   */
  async histories(): Promise<Record<string, number>> {
    const rows = await this.query<{ history: string; count: string }>(`
      WITH histories AS (
        SELECT string_agg(seq || ' ' || type, ', ' ORDER BY seq) AS history FROM task_events GROUP BY task_id)
      SELECT history, count(*) FROM histories GROUP BY history`);
    return Object.fromEntries(rows.map(({ history, count }) => [history, Number(count)]));
  }

  /** Resolves when `count` tasks have succeeded, whatever the others do. */
  async expectDone(count: number): Promise<void> {
    const succeeded = `SELECT count(*)::integer AS count FROM tasks WHERE status = 'succeeded'`;
    await eventually(
      async () => {
        expect(await this.query(succeeded)).toEqual([{ count }]);
      },
      { ...PATIENCE, intervalMs: 200 },
    );
  }

  /** Resolves when `count` tasks were submitted and have succeeded at once, none has another history, no letter is left. */
  async expectDoneOnce(count: number, timeoutMs = PATIENCE.timeoutMs): Promise<void> {
    await eventually(
      async () => {
        expect(await this.histories()).toEqual({ '1 submitted, 2 succeeded': count });
      },
      { timeoutMs, intervalMs: 200 },
    );
    expect(await this.query('SELECT topic, error_code, error_message FROM dead_letters')).toEqual([]);
  }

  /** How far the result listener has come by the database, all partitions together. */
  async resultPosition(): Promise<number> {
    const sum = `SELECT coalesce(sum(position), 0)::integer AS sum FROM consumer_positions WHERE topic = $1`;
    const [row] = await this.query<{ sum: number }>(sum, [this.resultTopic]);
    return row?.sum ?? 0;
  }

  /** What those processes said that have ended by a fault of their own. */
  crashed(): Promise<string[]> {
    return outputOfCrashed(this.processes);
  }

  /** Ends what still runs and removes the schema. Rejects when a process had ended by a fault of its own. */
  async close(): Promise<void> {
    const crashed = await this.crashed();
    await Promise.all(this.processes.map((process) => process.stop('SIGKILL')));
    await this.dispose();
    if (crashed.length > 0) throw new Error(crashed.join('\n'));
  }
}

/** What those processes said that have ended with the code 1. */
export async function outputOfCrashed(processes: Iterable<Child>): Promise<string[]> {
  const crashed: string[] = [];
  for (const process of processes)
    if (!process.running && (await process.exited) === 1) crashed.push(process.output());
  return crashed;
}

/** Resolves when the process says that all that it depends on is well. */
export async function ready(process: TaskwireProcess): Promise<void> {
  await eventually(async () => {
    expect(await new Client(process.url).get('/health/ready')).toMatchObject({ status: 'ok' });
  }, PATIENCE);
}
