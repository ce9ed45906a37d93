import type { Entrant } from './entrant.js';

/** What one turn of one contender gave: figures by what they are called. */
export type Figures = Record<string, number>;

/** Something that is measured, of one contender after the other, several times. */
export interface Scenario {
  title: string;
  /** Of all figures. */
  unit: string;
  /** The figure that is plotted. */
  plotted: string;
  /** Whether a worker runs all the time. */
  withWorker: boolean;
  /** Called once for a contender that is warm; gives what measures one turn. */
  prepare(entrant: Entrant, pace: Pace): () => Promise<Figures>;
}

/** How long things take. */
export interface Pace {
  /** Of a step at one load. */
  seconds: number;
  /** Tasks of a round trip, one by one. */
  tasks: number;
}

export const CALM: Pace = { seconds: 5, tasks: 1_000 };

/** To see whether it works: the figures mean little. */
export const QUICK: Pace = { seconds: 2, tasks: 200 };
