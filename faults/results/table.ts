import type { Result } from './result.js';

const COLUMNS = [
  'fault',
  'what happens',
  'runs',
  'accepted',
  'lost',
  'effects twice',
  'events missed',
  'other',
  'seconds to recover: median (most)',
  'peak MB',
  'seeds',
];

/** A Markdown table, one row a fault; one that was never tried says so. */
export function table(
  faults: readonly { name: string; about: string }[],
  results: readonly Result[],
): string {
  const rows = faults.map(({ name, about }) => {
    const own = results.filter(({ fault }) => fault === name);
    const sum = (of: (result: Result) => number): number => own.reduce((total, one) => total + of(one), 0);
    const harms = (['lost', 'twice', 'missed', 'other'] as const).map((harm) => sum((one) => one[harm]));
    const peak = Math.max(0, ...own.map(({ peakMb }) => peakMb));
    const seeds = own.map(({ seed }) => seed);
    const figures = own.length === 0 ? COLUMNS.slice(3).map(() => '–') : null;
    return [
      name,
      about,
      own.length,
      ...(figures ?? [
        sum(({ accepted }) => accepted),
        ...harms,
        recoveryOf(own),
        peak || '–',
        rangesOf(seeds),
      ]),
    ];
  });
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** `1–3, 7`: the seeds in their order. */
export function rangesOf(seeds: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const seed of [...seeds].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === seed - 1) last[1] = seed;
    else ranges.push([seed, seed]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}

/** Those that never recovered are counted apart: there is no number of seconds for them. */
function recoveryOf(results: readonly Result[]): string {
  const seconds = results.flatMap(({ secondsToRecover }) => secondsToRecover ?? []).sort((a, b) => a - b);
  const never = results.length - seconds.length;
  const most = seconds.at(-1);
  const text = most === undefined ? '–' : `${medianOf(seconds).toFixed(1)} (${most.toFixed(1)})`;
  return never === 0 ? text : `${text}; never in ${never}`;
}

/** Of numbers in their order, of which there is one at least. */
function medianOf(numbers: readonly number[]): number {
  const middle = numbers.slice(Math.ceil(numbers.length / 2) - 1, Math.floor(numbers.length / 2) + 1);
  return middle.reduce((sum, one) => sum + one, 0) / middle.length;
}
