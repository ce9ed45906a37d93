import type { Contender } from './contender.js';
import { Entrant } from './entrant.js';
import type { Servers } from './servers.js';

/** What one turn of one contender gave: figures by what they are called. */
export type Figures = Record<string, number>;

/** Something that is measured, of one contender after the other, several times. */
export interface Scenario {
  /** Says what the figures are, with their unit unless their names do. */
  title: string;
  /** The figure that is plotted. */
  plotted: string;
  /** Who takes part, instead of all contenders. */
  contenders?: readonly Contender[];
  /** Makes a contender ready for its turns. */
  enter(contender: Contender, servers: Servers, pace: Pace): Promise<Turns>;
}

/** The turns of one contender. */
export interface Turns {
  /** Takes one. Rejects when its count is not exact. */
  take(): Promise<Figures>;
  /** Ends the contender. */
  stop(): Promise<void>;
}

/** How long things take. */
export interface Pace {
  /** Of a step at one load. */
  seconds: number;
  /** Of the load before the first turn, for the compilers of all that takes part; the JVM's takes longest. */
  warmUpSeconds: number;
}

export const CALM: Pace = { seconds: 5, warmUpSeconds: 20 };

/** To see whether it works: the figures mean little. */
export const QUICK: Pace = { seconds: 1, warmUpSeconds: 1 };

/** The turns of a contender that was started once, and is warm. `withWorker`: its worker runs all the time. */
export function ofWarm(
  withWorker: boolean,
  prepare: (entrant: Entrant, pace: Pace, servers: Servers) => () => Promise<Figures>,
): Scenario['enter'] {
  return async (contender, servers, pace) => {
    const entrant = await Entrant.start(contender, servers);
    const stop = (): Promise<void> => entrant.running.stop();
    try {
      await warmUp(entrant, withWorker, pace);
      return { take: prepare(entrant, pace, servers), stop };
    } catch (error) {
      await stop();
      throw error;
    }
  };
}

async function warmUp(entrant: Entrant, keepWorker: boolean, { warmUpSeconds }: Pace): Promise<void> {
  await entrant.running.startWorker();
  await entrant.load({ kind: 'closed', connections: 16, batch: 1, until: { seconds: warmUpSeconds } });
  await entrant.audit();
  if (!keepWorker) await entrant.running.stopWorker();
}
