import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../test/support/eventually.js';
import type { Fault } from './catalogue/fault.js';
import { check } from './check/check.js';
import type { Violation } from './check/violation.js';
import { dumpDatabase } from './history/dump.js';
import { ofKind } from './history/entries.js';
import { History } from './history/history.js';
import { Mix } from './mix/mix.js';
import { Random } from './mix/random.js';
import { probe } from './probe.js';
import type { Servers } from './stage/servers.js';
import { setStage, type Stage } from './stage/stage.js';

/** What came of one fault with one seed. */
export interface Trial {
  fault: string;
  seed: number;
  accepted: number;
  violations: Violation[];
  /** From when the fault was over, until tasks of every type that were submitted then had ended. */
  secondsToRecover: number;
  /** Where the log is, if something was wrong. */
  history: string | null;
}

export interface TrialOptions {
  seed: number;
  /** Where the application is, if not here. */
  folder?: string | undefined;
  /** How many tasks are accepted before the fault, and how many after it. */
  tasks: number;
  /** How long everything may take to end once the load has, in milliseconds. */
  quietMs: number;
}

const OPEN = 'SELECT count(*)::integer AS open FROM dispatches';

/** Runs the mix on a stage of its own, breaks something, waits for quiet, and audits. */
export async function runTrial(fault: Fault, servers: Servers, options: TrialOptions): Promise<Trial> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-faults-'));
  const history = new History(path.join(folder, 'history.jsonl'));
  const stage = await setStage(servers, history, options.folder);
  try {
    const { secondsToRecover, violations } = await perform(fault, stage, options).catch(notRecovered);
    const accepted = new Set(ofKind(history.entries(), 'accepted').map(({ taskId }) => taskId)).size;
    const kept = violations.length > 0 ? history.path : null;
    if (kept === null) await rm(folder, { recursive: true });
    return { fault: fault.name, seed: options.seed, accepted, violations, secondsToRecover, history: kept };
  } finally {
    // The workers of the stage write to it until they are closed.
    await stage.close();
    history.close();
  }
}

/** A probe that does not end, or a process that does not do as it is told, is a finding like any other. */
function notRecovered(error: unknown): { secondsToRecover: number; violations: Violation[] } {
  const what = error instanceof Error ? error.message : String(error);
  return { secondsToRecover: Infinity, violations: [{ promise: 'P6', harm: 'lost', what }] };
}

async function perform(
  fault: Fault,
  stage: Stage,
  { seed, tasks, quietMs }: TrialOptions,
): Promise<{ secondsToRecover: number; violations: Violation[] }> {
  const random = new Random(seed);
  // All workers have joined their groups.
  await probe(stage, quietMs);
  const mix = await Mix.start(stage, random.fork());
  try {
    await acceptedMore(mix, tasks, quietMs);
    await fault.inject(stage, random.fork());
    const over = performance.now();
    await probe(stage, quietMs);
    const secondsToRecover = (performance.now() - over) / 1000;
    await fault.mend?.(stage);
    await acceptedMore(mix, tasks, quietMs);
    await mix.stop();
    return { secondsToRecover, violations: await audit(stage, quietMs) };
  } finally {
    await mix.close();
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
async function audit(stage: Stage, quietMs: number): Promise<Violation[]> {
  const { installation, history } = stage;
  const query = <Row extends object>(sql: string): Promise<Row[]> => installation.query<Row>(sql);
  const noneIsOpen = async (): Promise<void> => {
    const [row] = await query<{ open: number }>(OPEN);
    if (row?.open !== 0) throw new Error(`${String(row?.open)} tasks are open`);
  };
  await eventually(noneIsOpen, { timeoutMs: quietMs, intervalMs: 200 }).catch(() => undefined);
  const audited = async (): Promise<Violation[]> => check(history.entries(), await dumpDatabase(query));
  const untilSound = async (): Promise<Violation[]> => {
    const violations = await audited();
    if (violations.length > 0) throw new Error('not yet');
    return violations;
  };
  return eventually(untilSound, { timeoutMs: 10_000, intervalMs: 500 }).catch(audited);
}
