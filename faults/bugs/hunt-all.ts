import type { Servers } from '../stage/servers.js';
import type { Violation } from '../check/violation.js';
import type { Bug } from './bug.js';
import { BUGS } from './bugs.js';
import { hunt, type Quarry } from './hunt.js';
import { bugTable, NO_BUG, resultOf, writeResults, type Result } from './results.js';
import { seedBug } from './seed-bug.js';

export interface HuntOptions {
  /** Names of bugs, `no bug` for the faults of all, or `no bug under FAULT`; everything by default. */
  wanted: readonly string[] | undefined;
  /** Where to begin: a race may need more than one. */
  seed: number;
  /** How many seeds to try until it is caught. */
  seeds: number;
  /** Keeps the results in their file, and in the document. */
  write: boolean;
}

/** Whether every seeded bug was caught, and nothing without one. */
export async function huntAll(servers: Servers, options: HuntOptions): Promise<boolean> {
  const { wanted, write } = options;
  const faults = new Set(BUGS.map((bug) => bug.fault));
  const names = [
    ...BUGS.map(({ name }) => name),
    NO_BUG,
    ...[...faults].map((fault) => `${NO_BUG} under ${fault}`),
  ];
  const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`There is no bug ${unknown.join()}`);
  const results: Result[] = [];
  const add = async (result: Result): Promise<void> => {
    console.log(`${result.bug} under ${result.fault}: ${result.said ?? 'nothing'} (${result.seconds} s)`);
    results.push(result);
    if (write) await writeResults([result]);
  };
  for (const bug of BUGS.filter(({ name }) => wanted?.includes(name) ?? true))
    await add(await huntBug(bug, servers, options));
  for (const fault of faults)
    if (wanted?.some((name) => name === NO_BUG || name === `${NO_BUG} under ${fault}`) ?? true)
      await add(await control(fault, servers, options));
  console.log(bugTable(results));
  return results.every(({ bug, said }) => (said === null) === (bug === NO_BUG));
}

async function huntBug(bug: Bug, servers: Servers, { seed: first, seeds }: HuntOptions): Promise<Result> {
  const { folder, remove } = await seedBug(bug);
  try {
    for (let seed = first; ; seed++) {
      const { violations, seconds } = await timed({ fault: bug.fault, seed, folder }, servers);
      if (violations.length === 0 && seed + 1 < first + seeds) continue;
      const missed = Array.from({ length: seed - first }, (_, index) => first + index);
      return resultOf({ bug: bug.name, fault: bug.fault, seed, missed, seconds }, violations);
    }
  } finally {
    await remove();
  }
}

/** The application as it is. */
async function control(fault: string, servers: Servers, { seed }: HuntOptions): Promise<Result> {
  const { violations, seconds } = await timed({ fault, seed }, servers);
  return resultOf({ bug: NO_BUG, fault, seed, missed: [], seconds }, violations);
}

async function timed(
  quarry: Quarry,
  servers: Servers,
): Promise<{ violations: Violation[]; seconds: number }> {
  const begin = performance.now();
  const violations = await hunt(quarry, servers);
  return { violations, seconds: Math.round((performance.now() - begin) / 1000) };
}
