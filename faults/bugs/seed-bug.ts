import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transform } from '@swc/core';
import { ROOT } from '../../test/support/cache.js';
import type { Bug } from './bug.js';

/** As `nest build` does it: ES modules, decorators with metadata. */
const SWC = {
  swcrc: false,
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
} as const;

/** The source of a bug's file with the bug in it. Rejects unless the place is there exactly once. */
export async function seeded({ name, file, find, replace }: Bug): Promise<string> {
  const source = await readFile(path.join(ROOT, 'src', file), 'utf8');
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${name}: src/${file} does not have its place exactly once`);
  return `${before}${replace}${after}`;
}

/** A copy of the built application with the bug in it, to be started in that folder. The original has to be built. */
export async function seedBug(bug: Bug): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), `taskwire-${bug.name}-`));
  for (const entry of await readdir(ROOT)) {
    if (entry !== 'dist') await symlink(path.join(ROOT, entry), path.join(folder, entry));
  }
  await cp(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  const { code } = await transform(await seeded(bug), { ...SWC, filename: bug.file });
  await writeFile(path.join(folder, 'dist', bug.file.replace(/\.ts$/, '.js')), code);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
