import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink, rm, symlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { shortWay } from './short-way.js';

/** The name of the link to the holder of this number. */
const holderName = (number: number): string => `holder.${number}`;

/** Somebody else holds the folder. */
export class FolderInUseError extends Error {
  constructor(folder: string) {
    super(`${folder} is in use by another process`);
    this.name = 'FolderInUseError';
  }
}

/**
 * Holds a folder for this process until the returned function is called, or the process is gone, however it ended.
 *
 * The holder listens on a socket in the folder, so whoever finds one that nobody answers knows that its process is dead:
 * no process id that another one may bear by now. Holders are numbered links to their sockets: a link is made at once
 * or not at all, and the highest one counts and is never removed, so that of many who find a dead holder one succeeds it.
 *
 * @throws {FolderInUseError} at once, if another process holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const way = await shortWay(folder, holderName(Number.MAX_SAFE_INTEGER));
  try {
    const unlock = await lock(way.path);
    if (unlock === null) throw new FolderInUseError(folder);
    return () => unlock().finally(() => way.close());
  } catch (error) {
    await way.close();
    throw error;
  }
}

/** Null if another process holds it. */
async function lock(folder: string): Promise<(() => Promise<void>) | null> {
  const socket = `${randomBytes(4).toString('hex')}.sock`;
  const server = createServer((connection) => connection.destroy());
  server.listen(join(folder, socket));
  await once(server, 'listening');
  server.unref();
  try {
    if (await succeed(folder, socket)) return () => close(server);
  } catch (error) {
    await close(server);
    throw error;
  }
  await close(server);
  return null;
}

/** Becomes the last holder; false because the last one lives. */
async function succeed(folder: string, socket: string): Promise<boolean> {
  for (;;) {
    const last = Math.max(0, ...(await holders(folder)));
    if (await isAnswered(link(folder, last))) return false;
    const own = last + 1;
    if (!(await makeLink(socket, link(folder, own)))) continue;
    const others = (await holders(folder)).filter((number) => number !== own);
    // A listing that is made while links come and go may miss one.
    if (others.some((number) => number > own)) await rm(link(folder, own));
    else {
      await removeDead(folder, others);
      return true;
    }
  }
}

async function holders(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.map((name) => Number(/^holder\.(\d+)$/.exec(name)?.[1] ?? 0)).filter((number) => number > 0);
}

function link(folder: string, number: number): string {
  return join(folder, holderName(number));
}

async function makeLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether there is a living process behind a socket; any doubt counts as one. */
async function isAnswered(path: string): Promise<boolean> {
  const connection = connect(path);
  try {
    await once(connection, 'connect');
    return true;
  } catch (error) {
    return !['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '');
  } finally {
    connection.destroy();
  }
}

async function removeDead(folder: string, numbers: number[]): Promise<void> {
  for (const number of numbers) {
    const socket = await readlink(link(folder, number));
    await rm(join(folder, socket), { force: true });
    await rm(link(folder, number));
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}
