import { Worker } from 'node:worker_threads';

/**
 * In MiB. PostgreSQL reads JSON by recursion and looks at a stack that is not this one, the thread's own: a body of
 * 1 MiB must not exhaust it, however deep it nests. Memory is taken only for what is used.
 */
export const STACK_SIZE = 256;

/** Starts the thread of the database in `folder`. Only there is PGlite loaded. */
export function startThread(folder: string): Worker {
  return new Worker(new URL('./database-thread.js', import.meta.url), {
    workerData: folder,
    resourceLimits: { stackSizeMb: STACK_SIZE },
  });
}
