import type { DataSource, EntityManager } from 'typeorm';
import { faultOf } from './fault.js';

/** How often a transaction that lost against another one is run again before its error is let out. */
const MAX_REPEATS = 10;

/** Runs `work` in a transaction; deadlocks (40P01) and serialization failures (40001) run it again from its start. */
export async function transact<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      if (faultOf(error) !== 'repeat' || repeats === MAX_REPEATS) throw error;
    }
  }
}
