import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmbeddedFault, Fault } from './catalogue/fault.js';
import type { Violation } from './check/violation.js';
import { ofKind } from './history/entries.js';
import { History } from './history/history.js';
import { perform, type Breaking, type Outcome, type PerformOptions } from './perform.js';
import type { Member } from './stage/member.js';
import type { Servers } from './stage/servers.js';
import { buildFormerVersion } from './stage/former-version.js';
import { setEmbeddedScene } from './stage/embedded-scene.js';
import type { Scene } from './stage/scene.js';
import { setStage } from './stage/stage.js';
import { beginning, boundless } from './watch/bounds.js';
import { MemoryWatch } from './watch/memory-watch.js';
import { Phases } from './watch/phases.js';

/** What came of one fault with one seed. */
export interface Trial extends Outcome {
  fault: string;
  seed: number;
  accepted: number;
  /** The most that any process of Taskwire had resident, in MB. */
  peakMb: number;
  /** What the trial's own time went into, in seconds. */
  phases: Record<string, number>;
  /** The folder of the log and of what the processes said, if something was wrong. */
  kept: string | null;
}

export interface TrialOptions extends Omit<PerformOptions, 'seed'> {
  /** One for each trial. */
  seeds: readonly number[];
  /** Where the application is, if not here. */
  folder?: string | undefined;
  /** Leaves the log behind also when all is well. */
  keep?: boolean;
}

/**
 * Trials of one fault on one stage, one after the other: each runs the mix, breaks something, waits for quiet, and audits all that
 * has happened on the stage. Gives each when it is over. Ends early after one that broke a promise or used its stage up: for
 * more of them there has to be another.
 */
export async function* runTrials(
  fault: Fault | EmbeddedFault,
  servers: Servers,
  { seeds, folder: application, keep, ...options }: TrialOptions,
): AsyncGenerator<Trial> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-faults-'));
  const history = new History(path.join(folder, 'history.jsonl'));
  const phases = new Phases();
  const former = fault.fromFormerVersion === true ? await phases.time('build', buildFormerVersion) : null;
  const set = (): Promise<Setting> => setFor(fault, servers, history, application ?? former?.folder);
  const setting = await phases.time('set', set);
  let keeps = keep === true;
  const usesUp = former !== null || fault.embedded === true || fault.usesUp === true;
  try {
    for (const seed of seeds) {
      const outcome = await runTrial(setting, { ...options, seed }, phases);
      const isBroken = outcome.violations.length > 0;
      keeps ||= isBroken;
      if (keeps) await writeOutput(membersOf(setting.scene), folder);
      yield { ...outcome, fault: fault.name, seed, phases: phases.take(), kept: keeps ? folder : null };
      if (usesUp || isBroken) break;
    }
  } finally {
    await former?.remove();
    await strike(setting.scene, history, keeps ? null : folder);
  }
}

/** Ends a stage and removes its folder. Rejects when a process has ended by a fault of its own, unless its trial says so already. */
async function strike(scene: Scene, history: History, folder: string | null): Promise<void> {
  // The workers of the stage write to the history until they are closed.
  const crash = await scene.close().then(() => null, asError);
  history.close();
  if (folder === null) return;
  await rm(folder, { recursive: true });
  if (crash !== null) throw crash;
}

async function runTrial(
  { scene, breaking }: Setting,
  options: PerformOptions,
  phases: Phases,
): Promise<Outcome & Pick<Trial, 'accepted' | 'peakMb'>> {
  const before = await beginning(scene);
  const acceptedBefore = acceptedIn(scene);
  const memory = new MemoryWatch(() => membersOf(scene));
  const outcome = await perform(breaking, scene, options, phases).catch(notRecovered);
  const peakMb = memory.peakMb();
  memory.close();
  const boundsBroken = await boundless(scene, before, peakMb).catch(unexpected);
  const crashes = (await scene.crashed()).flatMap(unexpected);
  const violations = [...outcome.violations, ...boundsBroken, ...crashes];
  return { ...outcome, violations, accepted: acceptedIn(scene) - acceptedBefore, peakMb };
}

function acceptedIn({ history }: Scene): number {
  return new Set(ofKind(history.entries(), 'accepted').map(({ taskId }) => taskId)).size;
}

function membersOf({ webs, workers }: Scene): Member[] {
  return [...webs, ...workers];
}

/** A scene, and the fault that happens there. */
interface Setting {
  scene: Scene;
  breaking: Breaking;
}

async function setFor(
  fault: Fault | EmbeddedFault,
  servers: Servers,
  history: History,
  folder: string | undefined,
): Promise<Setting> {
  if (fault.embedded) {
    const scene = await setEmbeddedScene(history);
    return { scene, breaking: { inject: (random) => fault.inject(scene, random), mend: nothing } };
  }
  const stage = await setStage(servers, history, folder, fault.attemptTimeoutSeconds);
  const mend = async (): Promise<void> => fault.mend?.(stage);
  return { scene: stage, breaking: { inject: (random) => fault.inject(stage, random), mend } };
}

function nothing(): Promise<void> {
  return Promise.resolve();
}

/** A probe that does not end, or a process that does not do as it is told, is a finding like any other. */
function notRecovered(error: unknown): Outcome {
  const violation: Violation = { promise: 'P6', harm: 'lost', what: asError(error).message };
  return { secondsToRecover: null, recovery: null, violations: [violation] };
}

/** As that of a process that has ended by a fault of its own. */
function unexpected(error: unknown): Violation[] {
  return [{ promise: 'P6', harm: 'other', what: asError(error).message }];
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function writeOutput(members: readonly Member[], folder: string): Promise<void> {
  for (const [index, member] of members.entries())
    await writeFile(path.join(folder, `${member.role}-${index % 2}.log`), member.output());
}
