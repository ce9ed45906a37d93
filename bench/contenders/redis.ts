import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Child } from '../../test/support/child.js';
import { freePort } from '../../test/support/ports.js';

/** A Redis server of its own. */
export interface Redis {
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts `redis-server` from the PATH, on loopback with an empty folder and an append-only file that is synced as
 * `appendfsync` says.
 */
export async function startRedis(appendfsync: 'always' | 'everysec'): Promise<Redis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-redis-'));
  const port = await freePort();
  const options = { port, dir: folder, bind: '127.0.0.1', appendonly: 'yes', appendfsync, save: '' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = await Child.start('redis-server', args).catch((cause: unknown) => {
    throw new Error('there is no redis-server in the PATH (Debian: apt-get install redis-server)', { cause });
  });
  await child.waitForOutput(/Ready to accept connections/);
  return {
    port,
    stop: async () => {
      await child.stop();
      await rm(folder, { recursive: true });
    },
  };
}
