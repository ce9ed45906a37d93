import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../test/support/cache.js';
import type { Result } from './result.js';

/** One line of JSON a trial, as they came; several runs may add to it at the same time. */
const RESULTS = path.join(ROOT, 'faults', 'results.jsonl');

/** All that was kept so far, by fault and seed, of each the newest; none where nothing was. */
export async function readResults(file = RESULTS): Promise<Result[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const results = lines.map((line) => JSON.parse(line) as Result);
  const newest = new Map(results.map((result) => [`${result.fault} ${result.seed}`, result]));
  return [...newest.values()].sort((a, b) => a.fault.localeCompare(b.fault, 'en') || a.seed - b.seed);
}

/** Keeps a result beside the others; it takes the place of an older one of its fault and seed. */
export async function keepResult(result: Result, file = RESULTS): Promise<void> {
  await appendFile(file, `${JSON.stringify(result)}\n`);
}
