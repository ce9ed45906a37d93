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
import { boundless } from './watch/bounds.js';
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

export interface TrialOptions extends PerformOptions {
  /** Where the application is, if not here. */
  folder?: string | undefined;
  /** Leaves the log behind also when all is well. */
  keep?: boolean;
}

/** Runs the mix on a stage of its own, breaks something, waits for quiet, and audits. */
export async function runTrial(
  fault: Fault | EmbeddedFault,
  servers: Servers,
  options: TrialOptions,
): Promise<Trial> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-faults-'));
  const history = new History(path.join(folder, 'history.jsonl'));
  const phases = new Phases();
  const former = fault.fromFormerVersion === true ? await phases.time('build', buildFormerVersion) : null;
  const set = (): Promise<Setting> => setFor(fault, servers, history, options.folder ?? former?.folder);
  const { scene, breaking } = await phases.time('set', set);
  const members = [...scene.webs, ...scene.workers];
  const memory = new MemoryWatch(() => members);
  const outcome = await perform(breaking, scene, options, phases).catch(notRecovered);
  const peakMb = memory.peakMb();
  const boundsBroken = await boundless(scene, peakMb).catch(unexpected);
  const accepted = new Set(ofKind(history.entries(), 'accepted').map(({ taskId }) => taskId)).size;
  memory.close();
  // The workers of the stage write to the history until they are closed.
  const crashes = await phases.time('strike', () => scene.close().then(() => [], unexpected));
  history.close();
  await former?.remove();
  const violations = [...outcome.violations, ...boundsBroken, ...crashes];
  const kept = violations.length > 0 || options.keep === true ? folder : null;
  if (kept === null) await rm(folder, { recursive: true });
  else await writeOutput(members, kept);
  const { name } = fault;
  const { seed } = options;
  return { ...outcome, fault: name, seed, accepted, violations, peakMb, phases: phases.seconds, kept };
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
  const what = error instanceof Error ? error.message : String(error);
  return { secondsToRecover: null, recovery: null, violations: [{ promise: 'P6', harm: 'lost', what }] };
}

/** As that of a process that has ended by a fault of its own. */
function unexpected(error: unknown): Violation[] {
  const what = error instanceof Error ? error.message : String(error);
  return [{ promise: 'P6', harm: 'other', what }];
}

async function writeOutput(members: readonly Member[], folder: string): Promise<void> {
  for (const [index, member] of members.entries())
    await writeFile(path.join(folder, `${member.role}-${index % 2}.log`), member.output());
}
