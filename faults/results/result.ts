import type { Violation } from '../check/violation.js';
import type { Trial } from '../trial.js';

/** What is kept of a trial. */
export interface Result extends Record<Violation['harm'], number> {
  fault: string;
  seed: number;
  accepted: number;
  /** Null where it never recovered. */
  secondsToRecover: number | null;
  /** The most that any process of Taskwire had resident; 0 where nobody could tell. */
  peakMb: number;
  /** The day of the trial, as in RFC 3339. */
  date: string;
}

/** @param now the end of the trial */
export function resultOf(
  { fault, seed, accepted, secondsToRecover, peakMb, violations }: Trial,
  now: Date,
): Result {
  const harms = { lost: 0, twice: 0, missed: 0, other: 0 };
  for (const { harm } of violations) harms[harm] += 1;
  const seconds = secondsToRecover === null ? null : Math.round(secondsToRecover * 10) / 10;
  const date = now.toISOString().slice(0, 10);
  return { fault, seed, accepted, ...harms, secondsToRecover: seconds, peakMb, date };
}
