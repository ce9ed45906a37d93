import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../test/support/eventually.js';
import { FAULTS } from '../catalogue/catalogue.js';
import type { Fault } from '../catalogue/fault.js';
import { check } from '../check/check.js';
import type { Violation } from '../check/violation.js';
import { dumpDatabase } from '../history/dump.js';
import { History } from '../history/history.js';
import { Mix } from '../mix/mix.js';
import { Random } from '../mix/random.js';
import { probe } from '../probe.js';
import type { Servers } from '../stage/servers.js';
import { setStage, type Stage } from '../stage/stage.js';
import { Lookout } from './lookout.js';

/** How many tasks are accepted before the fault, and how many after it. */
const TASKS = 80;

/** How long it is waited for what has to come, in milliseconds: longer than any fault of a hunt takes to be over. */
const PATIENCE_MS = 60_000;

/** How long the last events may take to be told, in milliseconds. */
const TOLD_MS = 10_000;

const OPEN = 'SELECT count(*)::integer AS open FROM dispatches';

/** What a hunt is for. */
export interface Quarry {
  /** Of the catalogue. */
  fault: string;
  seed: number;
  /** The folder of the application with the bug in it; without it, nothing should be found. */
  folder?: string;
}

/** Runs a short trial that ends where the first promise is broken, and gives what is wrong then. */
export async function hunt({ fault: name, seed, folder }: Quarry, servers: Servers): Promise<Violation[]> {
  const fault = FAULTS.find((one) => one.name === name);
  if (!fault || fault.embedded) throw new Error(`there is no fault ${name} of a stage`);
  const logFolder = await mkdtemp(path.join(tmpdir(), 'taskwire-hunt-'));
  const history = new History(path.join(logFolder, 'history.jsonl'));
  try {
    const stage = await setStage(servers, history, folder);
    try {
      return await chase(stage, fault, new Random(seed));
    } finally {
      await stage.close();
    }
  } finally {
    history.close();
    await rm(logFolder, { recursive: true });
  }
}

async function chase(stage: Stage, fault: Fault, random: Random): Promise<Violation[]> {
  // All workers have joined their groups.
  const stuckAtFirst = await stuckIn(() => probe(stage, PATIENCE_MS));
  if (stuckAtFirst.length > 0) return [...(await audit(stage)), ...stuckAtFirst];
  const lookout = new Lookout(stage.installation, stage.history);
  const mix = await Mix.start(stage, random.fork());
  try {
    const stuckBefore = await stuckIn(() => acceptedMore(mix, lookout));
    if (stuckBefore.length > 0 || lookout.found.length > 0) return [...lookout.found, ...stuckBefore];
    // What goes wrong with the fault itself is no bug of the application.
    await fault.inject(stage, random.fork());
    await fault.mend?.(stage);
    const stuckAfter = await stuckIn(async () => {
      await acceptedMore(mix, lookout);
      await mix.stop();
    });
    if (stuckAfter.length > 0 || lookout.found.length > 0) return [...lookout.found, ...stuckAfter];
    return await auditInTheEnd(stage);
  } finally {
    await lookout.close();
    await mix.close();
  }
}

/** Resolves when the mix has gone on for long enough, or something was found. Rejects when it does not go on. */
async function acceptedMore(mix: Mix, lookout: Lookout): Promise<void> {
  const enough = mix.accepted + TASKS;
  await eventually(
    () => {
      if (mix.accepted < enough && lookout.found.length === 0 && mix.failure === null)
        throw new Error(`only ${mix.accepted} of ${enough} tasks were accepted`);
    },
    { timeoutMs: PATIENCE_MS, intervalMs: 50 },
  );
  if (mix.failure !== null) throw mix.failure;
}

/** When all is quiet, or should be. */
async function auditInTheEnd(stage: Stage): Promise<Violation[]> {
  const noneIsOpen = async (): Promise<void> => {
    const [row] = await stage.installation.query<{ open: number }>(OPEN);
    if (row?.open !== 0) throw new Error(`${String(row?.open)} tasks are open`);
  };
  await eventually(noneIsOpen, { timeoutMs: PATIENCE_MS, intervalMs: 200 }).catch(() => undefined);
  const isSound = async (): Promise<Violation[]> => {
    const violations = await audit(stage);
    if (violations.length > 0) throw new Error('not yet');
    return violations;
  };
  return eventually(isSound, { timeoutMs: TOLD_MS, intervalMs: 500 }).catch(() => audit(stage));
}

async function audit({ installation, history }: Stage): Promise<Violation[]> {
  return check(history.entries(), await dumpDatabase((sql) => installation.query(sql)));
}

/** Nobody gets on: a probe has no end, or a client was told that its good submission is bad. */
async function stuckIn(work: () => Promise<unknown>): Promise<Violation[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return [{ promise: 'P6', harm: 'lost', what: error instanceof Error ? error.message : String(error) }];
  }
}
