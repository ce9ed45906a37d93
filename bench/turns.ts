import type { Contender } from './contender.js';
import { Entrant } from './entrant.js';
import type { Figures, Pace, Scenario } from './scenario.js';
import type { Servers } from './servers.js';

/** What a scenario gave: for each contender and figure one value a turn. */
export interface Result {
  contender: string;
  about: string;
  figures: Record<string, number[]>;
}

/**
 * Measures contenders in turns (A-B-A-B), so that what else happens on the machine hits all of them. Rejects when a count is
 * not exact: there are no figures without it.
 */
export async function measure(
  scenario: Scenario,
  contenders: readonly Contender[],
  servers: Servers,
  { repeats, pace }: { repeats: number; pace: Pace },
): Promise<Result[]> {
  const entrants: Entrant[] = [];
  try {
    for (const contender of contenders) entrants.push(await Entrant.start(contender, servers));
    const turns: (() => Promise<Figures>)[] = [];
    for (const entrant of entrants) {
      await warmUp(entrant, scenario.withWorker, pace);
      turns.push(scenario.prepare(entrant, pace));
    }
    const results: Result[] = contenders.map(({ name, about }) => ({ contender: name, about, figures: {} }));
    for (let turn = 0; turn < repeats; turn++) {
      for (const [index, takeTurn] of turns.entries()) {
        const figures = await takeTurn();
        log(`${turn + 1}/${repeats} ${contenders[index]?.name ?? ''}`, figures);
        for (const [name, value] of Object.entries(figures))
          (results[index]?.figures ?? {})[name] = [...(results[index]?.figures[name] ?? []), value];
      }
    }
    return results;
  } finally {
    await Promise.all(entrants.map(({ running }) => running.stop()));
  }
}

/** For the compilers of all that takes part. */
async function warmUp(entrant: Entrant, keepWorker: boolean, { seconds }: Pace): Promise<void> {
  await entrant.running.startWorker();
  await entrant.load({ kind: 'closed', connections: 16, seconds });
  await entrant.audit();
  if (!keepWorker) await entrant.running.stopWorker();
}

function log(what: string, figures: Figures): void {
  const texts = Object.entries(figures).map(([name, value]) => `${name}: ${value.toPrecision(4)}`);
  console.log(`${what}  ${texts.join('  ')}`);
}
