import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderInUseError, lockFolder } from './folder-lock.js';

describe('the lock of a folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taskwire-lock-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Leaves what a killed process leaves: a socket that nobody answers, and the link that names it. */
  async function leaveDeadHolder(number: number): Promise<void> {
    const server = createServer().listen(join(folder, 'living'));
    await once(server, 'listening');
    await rename(join(folder, 'living'), join(folder, 'dead.sock'));
    server.close();
    await once(server, 'close');
    await symlink('dead.sock', join(folder, `holder.${number}`));
  }

  it('is held by one at a time', async () => {
    const unlock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
    await unlock();
    await (
      await lockFolder(folder)
    )();
  });

  it('holds also where the path of the folder is longer than that of a socket may be', async () => {
    const deep = join(folder, 'a'.repeat(100), 'b'.repeat(100));
    await mkdir(deep, { recursive: true });
    for (let time = 0; time < 2; time++) {
      const unlock = await lockFolder(deep);
      expect(await readdir(deep)).toEqual([expect.stringMatching(/\.sock$/), `holder.${time + 1}`]);
      await expect(lockFolder(deep)).rejects.toThrow(new FolderInUseError(deep));
      await unlock();
      expect(await readdir(deep)).toEqual([`holder.${time + 1}`]);
    }
  });

  it('passes from a dead holder to the next, and its remains go', async () => {
    await leaveDeadHolder(41);
    const unlock = await lockFolder(folder);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/\.sock$/), 'holder.42']);
    expect(await readdir(folder)).not.toContain('dead.sock');
    await unlock();
  });

  it.each([
    ['an empty folder', () => Promise.resolve()],
    ['a dead holder', () => leaveDeadHolder(1)],
  ])('goes to one of many that find %s at the same time', async (_, prepare) => {
    await prepare();
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    const unlocks = tries.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []));
    expect(unlocks).toHaveLength(1);
    await Promise.all(unlocks.map((unlock) => unlock()));
  });
});
