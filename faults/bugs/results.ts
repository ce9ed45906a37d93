import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../../test/support/cache.js';
import type { Violation } from '../check/violation.js';
import { BUGS } from './bugs.js';

/** What stands for no bug: the application as it is, under a fault of the bugs. */
export const NO_BUG = 'no bug';

/** What became of one hunt. Those of separate runs add up in a file. */
export interface Result {
  /** The bug's name, or `NO_BUG`. */
  bug: string;
  fault: string;
  /** With which it was caught, or, if it was not, the last that was tried. */
  seed: number;
  /** Seeds with which nothing was found, before. */
  missed: number[];
  promises: string[];
  /** The first violation's own words; null if there was none. */
  said: string | null;
  seconds: number;
}

const FILE = path.join(ROOT, 'faults', 'bugs', 'results.json');
/** Where the table is. */
export const DOCUMENT = path.join(ROOT, 'docs', 'proofs.md');
const BEGIN = '<!-- seeded bugs: npm run faults -- --bugs --write -->';
const END = '<!-- end -->';

/** A hunt's result, for the file. */
export function resultOf(
  hunted: Pick<Result, 'bug' | 'fault' | 'seed' | 'missed' | 'seconds'>,
  violations: readonly Violation[],
): Result {
  const promises = [...new Set(violations.map(({ promise }) => promise))].sort();
  return { ...hunted, promises, said: violations[0] ? withoutNames(violations[0].what) : null };
}

/** Those of the file. */
export async function readResults(): Promise<Result[]> {
  return JSON.parse(await readFile(FILE, 'utf8')) as Result[];
}

/** Puts results in the place of older ones of the same bug and fault, and writes the table into the document. */
export async function writeResults(fresh: readonly Result[]): Promise<void> {
  const names = new Set(fresh.map(nameOf));
  const results = [...(await readResults()).filter((one) => !names.has(nameOf(one))), ...fresh];
  const order = BUGS.map(({ name, fault }) => nameOf({ bug: name, fault }));
  results.sort((a, b) => rank(order, a) - rank(order, b) || a.fault.localeCompare(b.fault));
  await writeFile(FILE, await formatted(FILE, JSON.stringify(results)));
  await writeFile(DOCUMENT, await documentWith(results));
}

/** The document's text, with the table of these results in its place. */
export async function documentWith(results: readonly Result[]): Promise<string> {
  const [before, rest] = (await readFile(DOCUMENT, 'utf8')).split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/proofs.md has no place for the table');
  return formatted(DOCUMENT, `${before}${BEGIN}\n\n${bugTable(results)}\n\n${END}${after}`);
}

/** A line for each bug, how many were caught, and what was found without any. */
export function bugTable(results: readonly Result[]): string {
  const hunted = BUGS.flatMap((bug) => {
    const result = results.find((one) => nameOf(one) === nameOf({ bug: bug.name, fault: bug.fault }));
    return result ? [{ ...bug, ...result }] : [];
  });
  const rows = hunted.map(({ name, about, fault, said, promises, seed, missed }) => {
    const seeds = missed.length === 0 ? String(seed) : `${seed} (not ${missed.join(', ')})`;
    return [name, about, fault, seeds, said === null ? 'not caught' : promises.join(', '), said ?? ''];
  });
  const head = ['bug', 'what is wrong', 'under', 'seed', 'caught by', 'what was said first'];
  const caught = hunted.filter(({ said }) => said !== null).length;
  const sound = results.filter(({ bug }) => bug === NO_BUG);
  const controls = sound.map(({ fault, seed, said }) => `${fault} with seed ${seed}: ${said ?? 'nothing'}`);
  return [
    ...[head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(inCell).join(' | ')} |`),
    '',
    `${caught} of ${hunted.length} caught. Without a bug was found, under ${controls.join('; ')}.`,
  ].join('\n');
}

async function formatted(filepath: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

function nameOf({ bug, fault }: Pick<Result, 'bug' | 'fault'>): string {
  return `${bug} under ${fault}`;
}

function rank(order: readonly string[], result: Result): number {
  const place = order.indexOf(nameOf(result));
  return place === -1 ? order.length : place;
}

/** Ids and names of topics are another each time, and say nothing. */
function withoutNames(what: string): string {
  return what
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '…')
    .replaceAll(/-[0-9a-f]{8}\b/g, '')
    .replaceAll(/[^\x20-\x7e…]/g, '·')
    .slice(0, 160);
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
