import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../test/support/cache.js';
import { Child } from '../../test/support/child.js';

const MIGRATIONS = 'src/database/migrations';

/** An application in a folder, to be started there. */
export interface Version {
  folder: string;
  remove(): Promise<void>;
}

/** Builds Taskwire as it was before its newest migration, from the history of the repository, with today's packages. */
export async function buildFormerVersion(): Promise<Version> {
  const git = (...parameters: string[]): Promise<string> => Child.run('git', parameters, { cwd: ROOT });
  const newest = (await git('log', '-1', '--format=%H', '--diff-filter=A', '--', MIGRATIONS)).trim();
  if (newest === '') throw new Error('the history of the repository does not go back to a migration');
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-former-'));
  const archive = path.join(folder, 'former.tar');
  await git('archive', '-o', archive, `${newest}^`);
  await Child.run('tar', ['-xf', archive, '-C', folder]);
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  await Child.run(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], { cwd: folder });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
