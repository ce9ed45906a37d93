import { randomUUID } from 'node:crypto';
import { chown, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Child, type ChildOptions } from './child.js';
import { freePort } from './ports.js';
import { findPostgres } from './postgres-binaries.js';
import { sharedServices } from './services.js';

/** A PostgreSQL server of its own for one test, to be broken at will. */
export interface PostgresServer {
  /** For `DATABASE_URL`. Stays the same over stop and start. */
  url: string;
  /** A fast shutdown: connections are cut, everything is written. Port and data are kept for `start`. */
  stop: () => Promise<void>;
  /** An immediate shutdown, as in a crash: the next `start` recovers from the log. */
  kill: () => Promise<void>;
  /** Starts it again after `stop` or `kill`. Resolves when it takes connections. */
  start: () => Promise<void>;
  /** Ends the server and removes the data. */
  close: () => Promise<void>;
}

/** The account that PostgreSQL runs under. */
interface Account {
  uid: number;
  gid: number;
}

/** Starts a new PostgreSQL cluster on loopback, as durable as in production, also when run as root. */
export async function startPostgres(): Promise<PostgresServer> {
  const account = await unprivilegedAccount();
  const dir = await mkdtemp(join(tmpdir(), 'taskwire-postgres-'));
  if (account) await chown(dir, account.uid, account.gid);
  const bin = await findBinaries(dir, account);
  const data = join(dir, 'data');
  const port = await freePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
  ];
  const options: ChildOptions = { ...account, cwd: dir };

  let server: Child | undefined;
  const start = async (): Promise<void> => {
    const flags = settings.flatMap((setting) => ['-c', setting]);
    server = await Child.start(join(bin, 'postgres'), ['-D', data, ...flags], options);
    await server.waitForOutput(/database system is ready to accept connections/, 60_000);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await server?.stop(signal);
  };
  const close = async (): Promise<void> => {
    await end('SIGQUIT');
    await rm(dir, { recursive: true, force: true });
  };

  try {
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    await Child.run(join(bin, 'initdb'), initdb, options);
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  return { url, start, close, stop: () => end('SIGINT'), kill: () => end('SIGQUIT') };
}

/** The folder of the programs, where the account can reach them: the cache may lie in a home that is closed to it. */
async function findBinaries(dir: string, account: Account | undefined): Promise<string> {
  const { folder, readableByAll } = await findPostgres();
  if (!account || readableByAll) return join(folder, 'bin');
  const copy = join(dir, 'installation');
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

/** PostgreSQL refuses to run as root: another account then. */
async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all([Child.run('id', ['-u', name]), Child.run('id', ['-g', name])]).catch(
      () => undefined,
    );
    if (ids) return { uid: Number(ids[0]), gid: Number(ids[1]) };
  }
  throw new Error('PostgreSQL cannot run as root, and there is neither a user postgres nor nobody');
}

/**
 * A fresh, empty schema with a name of its own, in the shared server unless another is named; `url` is a `DATABASE_URL`
 * in which it is the search path. `drop` removes it with all that is in it.
 */
export async function createTestDatabase(
  serverUrl = sharedServices().databaseUrl,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(serverUrl, `CREATE SCHEMA ${schema}`);
  const separator = new URL(serverUrl).search ? '&' : '?';
  return {
    url: `${serverUrl}${separator}options=-c%20search_path%3D${schema}`,
    drop: () => execute(serverUrl, `DROP SCHEMA ${schema} CASCADE`),
  };
}

/** Runs one statement on a connection of its own. */
async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
