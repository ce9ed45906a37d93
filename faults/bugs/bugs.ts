import type { Bug } from './bug.js';
import { CONSUMING_BUGS } from './consuming-bugs.js';
import { DISPATCH_BUGS } from './dispatch-bugs.js';
import { FOLLOWING_BUGS } from './following-bugs.js';
import { TASK_BUGS } from './task-bugs.js';

/** All seeded bugs. */
export const BUGS: readonly Bug[] = [...CONSUMING_BUGS, ...TASK_BUGS, ...DISPATCH_BUGS, ...FOLLOWING_BUGS];
