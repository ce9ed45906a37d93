import type { EventsRepository, Position } from './events.repository.js';
import type { Following } from './following.js';
import { OwnTasks } from './own-tasks.js';

describe('OwnTasks', () => {
  it('leaves the oldest hints out where they come faster than they can be read', async () => {
    const read: string[] = [];
    const news = (positions: readonly Position[]): Promise<[]> => {
      read.push(...positions.map(({ taskId }) => taskId));
      return Promise.resolve([]);
    };
    const ownTasks = new OwnTasks({ news } as unknown as EventsRepository);
    ownTasks.add('alice', {} as Following);
    ownTasks.hint(Array.from({ length: 25_000 }, (_, n) => `task ${n}`));
    while (read.at(-1) !== 'task 24999') await new Promise(setImmediate);
    expect(read.length).toBeLessThanOrEqual(10_100);
  });
});
