import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** How many bytes the path of a socket may have everywhere: macOS takes 103, Linux 107. Longer ones are cut off. */
const MAX_SOCKET_PATH = 103;

/** Another path of a folder; it leads there until it is closed. */
export interface Way {
  path: string;
  close: () => Promise<void>;
}

/**
 * A path of a folder that is short enough for sockets in it: its own, the one from here, or, on Linux, the one through an
 * open descriptor.
 *
 * @param longest the longest name of a socket in the folder
 * @throws Error if there is none
 */
export async function shortWay(folder: string, longest: string): Promise<Way> {
  const fits = (path: string): boolean => Buffer.byteLength(join(path, longest)) <= MAX_SOCKET_PATH;
  const path = [folder, relative(process.cwd(), folder) || '.'].find(fits);
  if (path !== undefined) return { path, close: () => Promise.resolve() };
  if (process.platform !== 'linux') throw new Error(`the path ${folder} is too long for a socket in it`);
  const handle = await open(folder);
  return { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() };
}
