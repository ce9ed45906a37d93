import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../test/support/cache.js';
import type { Result } from './result.js';

/** One line of JSON a trial, by fault and seed. */
const RESULTS = path.join(ROOT, 'faults', 'results.jsonl');

/** All that was kept so far; none where nothing was. */
export async function readResults(file = RESULTS): Promise<Result[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Result);
}

/** Keeps a result beside the others, in the place of an older one of its fault and seed; gives all. */
export async function keepResult(result: Result, file = RESULTS): Promise<Result[]> {
  const others = (await readResults(file)).filter(
    ({ fault, seed }) => fault !== result.fault || seed !== result.seed,
  );
  const results = [...others, result].sort((a, b) => a.fault.localeCompare(b.fault, 'en') || a.seed - b.seed);
  // Whole or not at all: a run may be ended at any time, and another may be going on.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, results.map((one) => `${JSON.stringify(one)}\n`).join(''));
  await rename(draft, file);
  return results;
}
