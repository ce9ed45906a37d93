import type { Client, TaskJson } from '../support/client.js';

/** Submits `count` tasks at once, with `n` from 0 in the payload, and gives their ids in that order. */
export async function submitMany(client: Client, count: number): Promise<string[]> {
  const tasks = Array.from({ length: count }, (_, n) => ({ payload: { n } }));
  const response = await client.post('/v1/tasks/batch', { tasks });
  const { items } = (await response.json()) as { items: { task?: TaskJson }[] };
  return items.map(({ task }) => {
    if (!task) throw new Error('a task of the batch was refused');
    return task.id;
  });
}

/** Works on all items, ten at a time, and gives what came of them in the items' order. */
export async function tenAtATime<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  const take = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, item] = next;
      results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: 10 }, take));
  return results;
}
