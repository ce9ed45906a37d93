import { writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { ROOT } from '../test/support/cache.js';
import type { Fault } from './catalogue/fault.js';
import type { Violation } from './check/violation.js';
import type { Trial } from './trial.js';

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
  'seeds',
];

/** One trial as a line, and a line for each of the first violations. */
export function describeTrial({
  fault,
  seed,
  accepted,
  violations,
  secondsToRecover,
  history,
}: Trial): string {
  const line = `${fault} seed ${seed}: ${accepted} accepted, ${violations.length} violations, ${secondsToRecover.toFixed(1)} s`;
  const shown = violations.slice(0, 20).map(({ promise, harm, what }) => `  ${promise} ${harm}: ${what}`);
  return [line, ...shown, ...(history === null ? [] : [`  ${history}`])].join('\n');
}

/** A Markdown table, one row a fault. */
export function table(faults: readonly Fault[], trials: readonly Trial[]): string {
  const rows = faults.map(({ name, about }) => {
    const own = trials.filter(({ fault }) => fault === name);
    const harms = (['lost', 'twice', 'missed', 'other'] as const).map((harm) => countOf(own, harm));
    const seconds = own.map(({ secondsToRecover }) => secondsToRecover).sort((a, b) => a - b);
    const recovery = `${shown(seconds[Math.floor(seconds.length / 2)])} (${shown(seconds.at(-1))})`;
    const accepted = own.reduce((sum, trial) => sum + trial.accepted, 0);
    const seeds = own.map(({ seed }) => seed);
    return [name, about, own.length, accepted, ...harms, recovery, rangeOf(seeds)];
  });
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Writes `docs/faults.md`. */
export async function write(faults: readonly Fault[], trials: readonly Trial[]): Promise<void> {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Linux ${release()}, Node ${process.version}`;
  const text = `# What happens when everything breaks

Made by \`npm run faults -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine}; one Kafka node and one PostgreSQL, on the
machine of the load. \`faults/\` has the mix, the faults and the checker; a seed repeats the choices of a run, not its timing.

Two \`web\` and two \`worker\` processes; workers with the Python SDK, with kafka-python alone, with kafkajs and over HTTP, which
also answer twice, late, wrongly or not at all; clients that submit, batch, schedule, cancel, retry and redrive, and follow
their tasks over sockets and streams. All that they see goes into a log, which is held against the database afterwards. "Lost": tasks,
commands or dead letters that are gone, and tasks that never end. Recovery: from the end of the fault until tasks of every kind,
submitted then, have ended.

${table(faults, trials)}
`;
  await writeFile(path.join(ROOT, 'docs', 'faults.md'), text);
}

function countOf(trials: readonly Trial[], harm: Violation['harm']): number {
  return trials.flatMap(({ violations }) => violations).filter((violation) => violation.harm === harm).length;
}

function shown(seconds: number | undefined): string {
  return seconds?.toFixed(1) ?? '–';
}

function rangeOf(seeds: readonly number[]): string {
  const [first] = seeds;
  if (first === undefined) return '';
  return seeds.length === 1 ? String(first) : `${first}–${String(seeds.at(-1))}`;
}
