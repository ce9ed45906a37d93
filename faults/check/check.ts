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

type Check = (history: readonly Entry[], dump: Dump) => Violation[];

/** What they find stays wrong, whatever comes. */
const ALWAYS: Check[] = [
  repeatedEffects,
  brokenPaths,
  brokenOrder,
  blamedRecords,
  brokenCommands,
  brokenOwners,
];

/** What they miss may still come, until all is quiet. */
const IN_THE_END: Check[] = [lostTasks, brokenFollowing, lostLetters];

/** Holds what was seen against what the database says in the end. Pure: the same input gives the same violations. */
export function check(history: readonly Entry[], dump: Dump): Violation[] {
  return [...IN_THE_END, ...ALWAYS].flatMap((one) => one(history, dump));
}

/** The part of it that holds at any time. */
export function checkAlways(history: readonly Entry[], dump: Dump): Violation[] {
  return ALWAYS.flatMap((one) => one(history, dump));
}
