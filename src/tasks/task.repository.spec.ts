import type { DataSource, EntityManager } from 'typeorm';
import { TaskRepository } from './task.repository.js';

/** A transaction in which every task exists; `asked` has the ids that each statement locked. */
function transaction() {
  const asked: string[][] = [];
  const query = (_: string, [ids]: [string[]]) => {
    asked.push(ids);
    return Promise.resolve(ids.map((id) => ({ id, now: new Date(asked.length) })));
  };
  return { asked, manager: { query } as unknown as EntityManager };
}

describe('what a transaction has locked', () => {
  const tasks = new TaskRepository(null as unknown as DataSource);
  const waiting = { skipLocked: false };

  it('costs no statement more, and comes in the order that is asked for', async () => {
    const { asked, manager } = transaction();
    await tasks.lock(manager, ['a', 'b'], waiting);
    const { tasks: locked } = await tasks.lock(manager, ['c', 'b', 'a'], waiting);
    expect(locked.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    await tasks.lock(manager, ['a'], waiting);
    expect(asked).toEqual([['a', 'b'], ['c']]);
  });

  it('is nothing that another one has locked', async () => {
    const [one, other] = [transaction(), transaction()];
    await tasks.lock(one.manager, ['a'], waiting);
    await tasks.lock(other.manager, ['a'], waiting);
    expect(other.asked).toEqual([['a']]);
  });

  it('is locked anew when a part of it was rolled back', async () => {
    const { asked, manager } = transaction();
    await tasks.lock(manager, ['a'], waiting);
    tasks.forgetLocks(manager);
    await tasks.lock(manager, ['a'], waiting);
    expect(asked).toEqual([['a'], ['a']]);
  });
});
