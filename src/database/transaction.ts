import type { DataSource, EntityManager } from 'typeorm';
import { allDone } from './all-done.js';
import { faultOf } from './fault.js';
import { ticks } from './ticks.js';

/** How often a transaction that lost against another one is run again before its error is let out. */
const MAX_REPEATS = 10;

/** What was left to the end of each transaction that is under way; none within a savepoint. */
const leftToCommit = new WeakMap<EntityManager, Promise<unknown>[]>();

/** Runs `work` in a transaction; deadlocks (40P01) and serialization failures (40001) run it again from its start. */
export async function transact<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await once(dataSource, work);
    } catch (error) {
      if (faultOf(error) !== 'repeat' || repeats === MAX_REPEATS) throw error;
    }
  }
}

/**
 * Leaves writes whose answers nobody needs to the end of their transaction: COMMIT goes out behind them without another round
 * trip. What fails of them fails the transaction. Nothing that fails in our own code may be known later than when the promises
 * that are settled by now have been heard: it must not be followed by COMMIT.
 */
export async function withCommit(manager: EntityManager, writes: readonly Promise<unknown>[]): Promise<void> {
  const left = leftToCommit.get(manager);
  if (left) left.push(...writes);
  else await allDone(writes);
  // Heard at the end, and until then nobody's unhandled rejection.
  for (const write of writes) write.catch(() => undefined);
}

/** Runs `work` within a transaction; where it throws, nothing of it stays, and the transaction goes on. */
export async function toSavepoint<T>(
  manager: EntityManager,
  work: (savepoint: EntityManager) => Promise<T>,
): Promise<T> {
  const left = leftToCommit.get(manager);
  // What has failed before it is not the savepoint's to take back.
  if (left) await allDone(left);
  leftToCommit.delete(manager);
  try {
    return await manager.transaction(work);
  } finally {
    if (left) leftToCommit.set(manager, left);
  }
}

async function once<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const left: Promise<unknown>[] = [];
  const transaction = dataSource.transaction(async (manager) => {
    leftToCommit.set(manager, left);
    const result = await work(manager);
    await failedUnsent(left);
    return result;
  });
  await Promise.allSettled([transaction]);
  // COMMIT itself does not fail where a statement has: the server rolls back and says so with another word.
  const [result] = await allDone([transaction, ...left]);
  return result;
}

/** Throws if one of the writes has failed by now, without waiting for the server. */
async function failedUnsent(writes: readonly Promise<unknown>[]): Promise<void> {
  // pg tells of a statement that it cannot send at the next tick.
  await Promise.race([Promise.all(writes), ticks(2)]);
}
