import type { Target } from '../contender.js';

/** What the generator is told to do; it runs in a process of its own. */
export type Order = { target: Target } & (
  | { kind: 'closed'; connections: number; batch: number; until: { seconds: number } | { accepted: number } }
  | { kind: 'open'; rate: number; seconds: number }
  | { kind: 'in-flight'; tasks: number; seconds: number }
  | { kind: 'fan-out'; sockets: number; reports: number }
);

/** In milliseconds. */
export interface Latencies {
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** What it saw. */
export interface Outcome {
  /** Tasks that were answered 202. */
  accepted: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** From the moment a request was due (closed loop: was sent) to its answer. */
  answers: Latencies;
  /** From the same moment to the message that the task has ended; not in a closed loop, which listens to none. */
  ends?: Latencies;
  /** Tasks whose end was never pushed. */
  unseen: number;
  /** Tasks that had been accepted and had not ended when the last request was due. */
  backlog: number;
}

/** Of latencies in milliseconds. */
export function summary(latencies: number[]): Latencies {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
