import { eventually } from '../test/support/eventually.js';
import { check } from './check/check.js';
import type { Violation } from './check/violation.js';
import { Mix } from './mix/mix.js';
import { Random } from './mix/random.js';
import { probe, type Stages } from './probe.js';
import type { Scene } from './stage/scene.js';
import type { Phases } from './watch/phases.js';

/** What was seen on a stage. */
export interface Outcome {
  violations: Violation[];
  /** From when the fault was over, until tasks of every type that were submitted then had ended; null if they never did. */
  secondsToRecover: number | null;
  /** What that time went into. */
  recovery: Stages | null;
}

export interface PerformOptions {
  seed: number;
  /** How many tasks are accepted before the fault, and how many after it. */
  tasks: number;
  /** How long everything may take to end once the load has, in milliseconds. */
  quietMs: number;
}

/** A fault that has its stage. */
export interface Breaking {
  inject(random: Random): Promise<void>;
  mend(): Promise<void>;
}

/** Runs the mix, breaks something, waits for quiet, and audits. Rejects when the stage does not do as it is told. */
export async function perform(
  fault: Breaking,
  scene: Scene,
  { seed, tasks, quietMs }: PerformOptions,
  phases: Phases,
): Promise<Outcome> {
  const random = new Random(seed);
  // All workers have joined their groups.
  await phases.time('joined', () => probe(scene, quietMs));
  const mix = await Mix.start(scene, random.fork());
  try {
    await phases.time('before', () => acceptedMore(mix, tasks, quietMs));
    await phases.time('fault', () => inject(fault, random.fork()));
    const over = performance.now();
    const recovery = await phases.time('recovery', () => probe(scene, quietMs));
    const secondsToRecover = (performance.now() - over) / 1000;
    await fault.mend();
    await phases.time('after', () => acceptedMore(mix, tasks, quietMs));
    await mix.stop();
    const violations = await phases.time('quiet', () => audit(scene, quietMs));
    return { secondsToRecover, recovery, violations };
  } finally {
    await mix.close();
  }
}

/** What a fault leaves behind that fails half way is put back. */
async function inject(fault: Breaking, random: Random): Promise<void> {
  try {
    await fault.inject(random);
  } catch (error) {
    await fault.mend().catch(() => undefined);
    throw error;
  }
}

async function acceptedMore(mix: Mix, count: number, timeoutMs: number): Promise<void> {
  const enough = mix.accepted + count;
  const areAccepted = (): void => {
    if (mix.accepted < enough) throw new Error(`only ${mix.accepted} of ${enough} tasks were accepted`);
  };
  await eventually(areAccepted, { timeoutMs, intervalMs: 50 });
}

/** Waits for the last task to end and for the last event to be told; what is not right by then is wrong. */
async function audit({ inspector, history }: Scene, quietMs: number): Promise<Violation[]> {
  const noneIsOpen = async (): Promise<void> => {
    const { length } = await inspector.open();
    if (length > 0) throw new Error(`${length} tasks are open`);
  };
  await eventually(noneIsOpen, { timeoutMs: quietMs, intervalMs: 200 }).catch(() => undefined);
  const audited = async (): Promise<Violation[]> => check(history.entries(), await inspector.dump());
  const untilSound = async (): Promise<Violation[]> => {
    const violations = await audited();
    if (violations.length > 0) throw new Error('not yet');
    return violations;
  };
  return eventually(untilSound, { timeoutMs: 10_000, intervalMs: 500 }).catch(audited);
}
