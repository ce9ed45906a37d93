import type { Dump } from '../history/dump.js';
import type { Entry } from '../history/entries.js';
import { blamedRecords } from './blame.js';
import { brokenCommands } from './commands.js';
import { brokenFollowing } from './following.js';
import { lostLetters } from './letters.js';
import { lostTasks } from './lost.js';
import { brokenOrder } from './order.js';
import { brokenOwners } from './owners.js';
import { brokenPaths } from './paths.js';
import { repeatedEffects } from './repeated.js';
import type { Violation } from './violation.js';

const CHECKS = [
  lostTasks,
  repeatedEffects,
  brokenPaths,
  brokenOrder,
  brokenFollowing,
  lostLetters,
  blamedRecords,
  brokenCommands,
  brokenOwners,
];

/** Holds what was seen against what the database says in the end. Pure: the same input gives the same violations. */
export function check(history: readonly Entry[], dump: Dump): Violation[] {
  return CHECKS.flatMap((one) => one(history, dump));
}
