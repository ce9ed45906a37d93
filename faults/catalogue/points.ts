import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../test/support/cache.js';
import type { Random } from '../mix/random.js';
import type { Member } from '../stage/member.js';
import { HEAP_LIMIT, type Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';
import { makeResultLetters, redrive } from './letters.js';

/** A point that the mix passes all the time is passed long before. */
const PATIENCE_MS = 60_000;

/** The passing of the point at which the process ends, at the most. */
const PASSINGS = 20;

/** The settings of a Node process that loads a program of `faults/preload` first. */
export function preloading(program: string): Record<string, string> {
  const { href } = pathToFileURL(path.join(ROOT, 'faults', 'preload', program));
  return { NODE_OPTIONS: `${HEAP_LIMIT} --import ${href}` };
}

interface Point {
  point: string;
  role: 'web' | 'worker';
  /** What is done and what is not when it dies. */
  about: string;
  /** Sees to it that the point is passed; called until the process has died there: another one may be quicker. */
  provoke?: (stage: Stage) => Promise<void>;
}

/** Restarts one in peace with a trap in it, and waits until it has died in that. */
function killedAt({ point, role, about, provoke }: Point): Fault {
  const members = (stage: Stage): Member[] => (role === 'web' ? stage.webs : stage.workers);
  return {
    name: `kill-${role}-${point}`,
    about: `a \`${role}\` dies (SIGKILL by itself) ${about}`,
    inject: async (stage: Stage, random: Random) => {
      const member = random.pick(members(stage));
      const KILL_AFTER = String(provoke ? 1 : random.between(1, PASSINGS + 1));
      await member.terminate();
      await member.start({ ...preloading('kill-point.mjs'), KILL_POINT: point, KILL_AFTER });
      const deadline = performance.now() + PATIENCE_MS;
      while (provoke && member.pid !== undefined && performance.now() < deadline) await provoke(stage);
      await member.ended(PATIENCE_MS);
    },
    mend: async (stage) => {
      for (const member of members(stage)) await member.revive();
    },
  };
}

/** kill -9 between two steps that belong together. */
export const POINT_FAULTS: Fault[] = [
  killedAt({
    point: 'before-publish',
    role: 'web',
    about: 'after the commit of a submission, before it is published',
  }),
  killedAt({
    point: 'before-sent',
    role: 'web',
    about: 'after a request was published, before it is marked sent',
  }),
  killedAt({
    point: 'before-hint',
    role: 'web',
    about: 'after the commit of events, before anybody is told of them',
  }),
  killedAt({
    point: 'before-sent',
    role: 'worker',
    about: 'after the relay has published, before that is marked',
  }),
  killedAt({
    point: 'before-offset',
    role: 'worker',
    about: 'after the effect of results, before their offsets are committed',
  }),
  killedAt({
    point: 'before-hint',
    role: 'worker',
    about: 'after the effect of results, before anybody is told of it',
  }),
  killedAt({
    point: 'before-redrive-mark',
    role: 'worker',
    about: 'after a redriven record was published, before that is marked',
    provoke: async (stage) => {
      await makeResultLetters(stage);
      await redrive(stage, stage.types.wild.resultTopic);
    },
  }),
];
