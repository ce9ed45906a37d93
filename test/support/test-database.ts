import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedDatabase } from '../../src/database/embedded/embedded-database.js';
import { cached, ROOT } from './cache.js';
import { createTestDatabase } from './postgres.js';

/** An empty database that no other test uses. */
export interface TestDatabase {
  /** The settings that lead to it. */
  settings: Record<string, string>;
  drop: () => Promise<void>;
}

/** Whether the tests of this Jest project run on embedded databases; see jest.config.mjs. */
export const isEmbedded = (globalThis as { testDatabase?: string }).testDatabase === 'embedded';

/** A test of what an embedded database has not: other processes, and limits for what its memory cannot follow. */
export const itOnServer: (name: string, test: () => Promise<void>) => void = isEmbedded
  ? () => undefined
  : it;

/** A database of the kind that this Jest project is for. */
export async function createDatabase(): Promise<TestDatabase> {
  if (isEmbedded) return createEmbeddedDatabase();
  const { url, drop } = await createTestDatabase();
  return { settings: { DATABASE_URL: url }, drop };
}

/** The folder of an embedded database that has been opened before, as in `DATA_DIR`: that takes seconds the first time. */
export async function createEmbeddedDatabase(): Promise<TestDatabase & { folder: string }> {
  const pglite = path.join(ROOT, 'node_modules/@electric-sql/pglite/package.json');
  const { version } = JSON.parse(await readFile(pglite, 'utf8')) as { version: string };
  const prepared = await cached(`pglite-${version}`, async (folder) => {
    await (await EmbeddedDatabase.open(folder)).onApplicationShutdown();
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-data-'));
  await cp(path.join(prepared, 'postgres'), path.join(folder, 'postgres'), { recursive: true });
  return {
    folder,
    settings: { DATA_DIR: folder },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}
