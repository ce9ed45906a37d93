import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keepResult, readResults } from './results-file.js';
import type { Result } from './result.js';
import { rangesOf, table } from './table.js';

const RESULT: Result = {
  fault: 'kill-web',
  seed: 1,
  accepted: 100,
  lost: 0,
  twice: 0,
  missed: 0,
  other: 0,
  secondsToRecover: 2,
  peakMb: 180,
  date: '2026-01-02',
};
const FAULTS = [
  { name: 'kill-web', about: 'it is killed' },
  { name: 'freeze', about: 'it is frozen' },
];

describe('the results of trials', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-results-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('are kept beside those of other faults and seeds, in the place of an older one of the same', async () => {
    const file = path.join(folder, 'results.jsonl');
    await keepResult(RESULT, file);
    await keepResult({ ...RESULT, seed: 2 }, file);
    await keepResult({ ...RESULT, fault: 'freeze' }, file);
    await keepResult({ ...RESULT, lost: 3 }, file);
    const kept = (await readResults(file)).map(({ fault, seed, lost }) => [fault, seed, lost]);
    expect(kept).toEqual([
      ['freeze', 1, 0],
      ['kill-web', 1, 3],
      ['kill-web', 2, 0],
    ]);
  });

  it('are summed up in one row a fault, with the median and the most of the recoveries', () => {
    const results = [4, 9, 2].map((secondsToRecover, index): Result => {
      return { ...RESULT, secondsToRecover, lost: index, peakMb: 180 + index, seed: index + 1 };
    });
    const rows = table(FAULTS, results).split('\n').slice(2);
    expect(rows).toEqual([
      '| kill-web | it is killed | 3 | 300 | 3 | 0 | 0 | 0 | 4.0 (9.0) | 182 | 1–3 |',
      '| freeze | it is frozen | 0 | – | – | – | – | – | – | – | – |',
    ]);
  });

  it('say how many never recovered', () => {
    const results = [RESULT, { ...RESULT, seed: 2, secondsToRecover: null }];
    expect(table(FAULTS, results)).toContain('| 2.0 (2.0); never in 1 |');
  });

  it('name the seeds as ranges', () => {
    expect(rangesOf([3, 1, 2, 7, 11, 10])).toBe('1–3, 7, 10–11');
  });
});
