import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The folder `.cache/NAME`, which `fill` makes the first time. A name holds the version of what is inside. It is filled
 * elsewhere and renamed, so it is whole or absent; of two processes that fill it at once the second throws its own away.
 */
export async function cached(name: string, fill: (dir: string) => Promise<void>): Promise<string> {
  const target = join(ROOT, '.cache', name);
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(`${target}.`);
  try {
    await fill(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
