import { FAULTS } from '../catalogue/catalogue.js';
import type { Servers } from '../stage/servers.js';
import { describeTrial } from '../results/describe-trial.js';
import { runTrial } from '../trial.js';
import type { Bug } from './bug.js';
import { seedBug } from './seed-bug.js';

const TASKS = 80;
const QUIET_MS = 30_000;

/** How a bug was caught; null if it was not. */
export interface Hunted {
  bug: Bug;
  caught: string | null;
}

/** Runs a short trial of the application with the bug in it. A stage that cannot be set, or a probe without an end, shows it too. */
export async function hunt(bug: Bug, servers: Servers, seed: number): Promise<Hunted> {
  const fault = FAULTS.find(({ name }) => name === bug.fault);
  if (!fault) throw new Error(`${bug.name} names a fault that there is not: ${bug.fault}`);
  const { folder, remove } = await seedBug(bug);
  try {
    const trial = await runTrial(fault, servers, { seed, folder, tasks: TASKS, quietMs: QUIET_MS });
    console.log(describeTrial(trial));
    const promises = new Set(trial.violations.map(({ promise }) => promise));
    return { bug, caught: promises.size === 0 ? null : [...promises].sort().join(', ') };
  } catch (error) {
    return { bug, caught: error instanceof Error ? error.message : String(error) };
  } finally {
    await remove();
  }
}

/** One line for each bug, and how many were caught. */
export function bugTable(hunted: readonly Hunted[]): string {
  const rows = hunted.map(
    ({ bug, caught }) => `| ${bug.name} | ${bug.about} | ${bug.fault} | ${caught ?? 'NOT CAUGHT'} |`,
  );
  const count = hunted.filter(({ caught }) => caught !== null).length;
  const head = ['| bug | what is wrong | under | caught by |', '| --- | --- | --- | --- |'];
  return [...head, ...rows, '', `${count} of ${hunted.length} caught`].join('\n');
}
