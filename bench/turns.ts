import type { Contender } from './contender.js';
import type { Figures, Pace, Scenario, Turns } from './scenario.js';
import type { Servers } from './servers.js';

/** What a scenario gave of a contender: for each figure one value a turn. */
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
  const entered: { result: Result; turns: Turns }[] = [];
  try {
    for (const contender of contenders) {
      const turns = await scenario.enter(contender, servers, pace);
      const { name, about } = contender;
      entered.push({ result: { contender: name, about, figures: {} }, turns });
    }
    for (let turn = 1; turn <= repeats; turn++) {
      for (const { result, turns } of entered) {
        const figures = await turns.take();
        log(`${turn}/${repeats} ${result.contender}`, figures);
        for (const [name, value] of Object.entries(figures)) (result.figures[name] ??= []).push(value);
      }
    }
    return entered.map(({ result }) => result);
  } finally {
    await Promise.all(entered.map(({ turns }) => turns.stop()));
  }
}

function log(what: string, figures: Figures): void {
  const texts = Object.entries(figures).map(([name, value]) => `${name}: ${value.toPrecision(4)}`);
  console.log(`${what}  ${texts.join('  ')}`);
}
