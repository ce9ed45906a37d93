import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from '../../test/support/cache.js';
import type { Random } from '../mix/random.js';
import type { Member } from '../stage/member.js';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';
import { preloading } from './points.js';

/** Longer than sessions at the broker (30 s) and leases in the database last. */
const FROZEN_MS = 60_000;
const SHORTLY_FROZEN_MS = 8_000;
const MIXED_MS = 3_000;

const start = async (members: readonly Member[]): Promise<void> => {
  for (const member of members) await member.revive();
};

/** kill -9, at a random moment; the others go on without it for a while. */
function killed(role: 'web' | 'worker'): Fault {
  const members = (stage: Stage): Member[] => (role === 'web' ? stage.webs : stage.workers);
  return {
    name: `kill-${role}`,
    about: `\`kill -9\` of a \`${role}\`, at a random moment; started again when the others have recovered`,
    inject: async (stage, random) => {
      await pause(random.between(0, 1_000));
      await random.pick(members(stage)).kill();
    },
    mend: (stage) => start(members(stage)),
  };
}

async function freeze(stage: Stage, random: Random, forMs: number): Promise<void> {
  const frozen = [random.pick(stage.webs), random.pick(stage.workers)];
  for (const member of frozen) member.freeze();
  await pause(forMs);
  for (const member of frozen) member.thaw();
}

/** Forward and back, in milliseconds: less than tokens last. */
const CLOCK_STEPS_MS = [600_000, -1_200_000, 600_000];
const CLOCK_PAUSE_MS = 4_000;

async function stepClocks(stage: Stage, random: Random): Promise<void> {
  const stepped = [random.pick(stage.webs), random.pick(stage.workers)];
  for (const member of stepped) {
    await member.terminate();
    await member.start({ ...preloading('clock.mjs'), CLOCK_STEPS_MS: CLOCK_STEPS_MS.join() });
    await member.ready();
  }
  for (let step = 0; step < CLOCK_STEPS_MS.length; step++) {
    for (const member of stepped) member.signal('SIGUSR2');
    await pause(CLOCK_PAUSE_MS);
  }
}

/** What happens to processes of Taskwire. */
export const PROCESS_FAULTS: Fault[] = [
  killed('web'),
  killed('worker'),
  {
    name: 'kill-all',
    about: '`kill -9` of all four at once, then all are started',
    inject: async (stage) => {
      const all = [...stage.webs, ...stage.workers];
      await Promise.all(all.map((member) => member.kill()));
      await start(all);
    },
  },
  {
    name: 'rolling-restart',
    about: 'SIGTERM to one after the other, each started before the next',
    inject: async (stage) => {
      for (const member of [...stage.webs, ...stage.workers]) {
        await member.terminate();
        await member.start();
        await member.ready();
      }
    },
  },
  {
    name: 'mixed-versions',
    about: `all start as the version before the newest migration; one after the other is replaced by this one, the old beside the new for ${MIXED_MS / 1_000} s each time`,
    fromFormerVersion: true,
    inject: async (stage) => {
      for (const member of [...stage.webs, ...stage.workers]) {
        await member.terminate();
        await member.start({}, ROOT);
        await member.ready();
        await pause(MIXED_MS);
      }
    },
  },
  {
    name: 'freeze',
    about: 'SIGSTOP of a `web` and a `worker` for 60 s, past sessions and leases, then SIGCONT',
    inject: (stage, random) => freeze(stage, random, FROZEN_MS),
  },
  {
    name: 'freeze-shortly',
    about: 'the same for 8 s, within the session, past a claim’s lease',
    inject: (stage, random) => freeze(stage, random, SHORTLY_FROZEN_MS),
  },
  {
    name: 'clock-step',
    about:
      'the clocks of a `web` and a `worker` step ten minutes forward, twenty back and ten forward; those of the servers do not',
    inject: stepClocks,
  },
];
