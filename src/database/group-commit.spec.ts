import { GroupCommit, type GroupCommitOptions, type Settled } from './group-commit.js';

/** A group commit whose rounds end when the test says so. */
class Stage<T> {
  readonly rounds: T[][] = [];
  private readonly ends: ((settled: Settled<string>[] | Error) => void)[] = [];
  readonly commits: GroupCommit<T, string>;

  constructor(options: Omit<GroupCommitOptions<T, string>, 'work'>) {
    const work = (items: T[]): Promise<Settled<string>[]> => {
      this.rounds.push(items);
      return new Promise((resolve, reject) => {
        this.ends.push((settled) => {
          if (settled instanceof Error) reject(settled);
          else resolve(settled);
        });
      });
    };
    this.commits = new GroupCommit({ work, ...options });
  }

  /** Ends a round: each item's result is its own text, unless the test says else. */
  async end(round: number, settled?: Settled<string>[] | Error): Promise<void> {
    const items = this.rounds[round] ?? [];
    this.ends[round]?.(settled ?? items.map((item) => ({ result: String(item) })));
    await turn();
  }
}

/** Resolves when the event loop has turned, and what was put off until then has begun. */
async function turn(): Promise<void> {
  for (let phases = 0; phases < 2; phases++) await new Promise(setImmediate);
}

describe('a group commit', () => {
  it('lets a lone caller through as soon as the event loop turns', async () => {
    const stage = new Stage<number>({ maxWeight: 10 });
    const answer = stage.commits.add(1);
    await turn();
    expect(stage.rounds).toEqual([[1]]);
    await stage.end(0);
    await expect(answer).resolves.toBe('1');
  });

  it('takes in one round, in order, what comes in one turn of the event loop', async () => {
    const stage = new Stage<number>({ maxWeight: 10 });
    const answers = [1, 2].map((item) => stage.commits.add(item));
    void Promise.resolve().then(() => answers.push(stage.commits.add(3)));
    await turn();
    expect(stage.rounds).toEqual([[1, 2, 3]]);
    await stage.end(0);
    await expect(Promise.all(answers)).resolves.toEqual(['1', '2', '3']);
  });

  it('takes in one round, in order, what gathered while the last one was under way', async () => {
    const stage = new Stage<number>({ maxWeight: 10 });
    const first = stage.commits.add(1);
    await turn();
    const answers = [2, 3, 4].map((item) => stage.commits.add(item));
    await turn();
    expect(stage.rounds).toEqual([[1]]);
    await stage.end(0);
    expect(stage.rounds).toEqual([[1], [2, 3, 4]]);
    await stage.end(1);
    await expect(Promise.all([first, ...answers])).resolves.toEqual(['1', '2', '3', '4']);
  });

  it('has owners take turns where not all fit into a round, so that who waits with thousands delays nobody', async () => {
    const owner = (item: string): string => item.charAt(0);
    const stage = new Stage<string>({ maxWeight: 4, owner });
    const flood = Array.from({ length: 9 }, (_, index) => `a${index}`);
    const answers = [...flood, 'b0', 'c0', 'b1'].map((item) => stage.commits.add(item));
    await turn();
    for (let round = 0; round < 3; round++) await stage.end(round);
    expect(stage.rounds).toEqual([
      ['a0', 'b0', 'c0', 'a1'],
      ['a2', 'b1', 'a3', 'a4'],
      ['a5', 'a6', 'a7', 'a8'],
    ]);
    await expect(Promise.all(answers)).resolves.toHaveLength(12);
  });

  it('serves who was served longest ago first, however many owners fill the rounds', async () => {
    const owner = (item: string): string => item.charAt(0);
    const stage = new Stage<string>({ maxWeight: 2, owner });
    const flood = Array.from({ length: 20 }, (_, index) => `${'abcd'.charAt(index % 4)}${index}`);
    const answers = [...flood, 'x'].map((item) => stage.commits.add(item));
    await turn();
    for (let round = 0; round < 11; round++) await stage.end(round);
    expect(stage.rounds.slice(0, 4)).toEqual([
      ['a0', 'b1'],
      ['c2', 'd3'],
      ['x', 'a4'],
      ['b5', 'c6'],
    ]);
    await expect(Promise.all(answers)).resolves.toHaveLength(21);
  });

  it('fills a round up to its weight, and lets nobody overtake', async () => {
    const stage = new Stage<number>({ maxWeight: 10, weight: (item) => item });
    void [1, 6, 4, 5, 1, 11, 2].map((item) => stage.commits.add(item));
    await turn();
    for (const round of [0, 1, 2, 3]) await stage.end(round);
    expect(stage.rounds).toEqual([[1, 6], [4, 5, 1], [11], [2]]);
  });

  it('lets an item wait for the one before it with the same key, and others go on', async () => {
    const stage = new Stage<string>({ maxWeight: 10, keys: (item) => [item.charAt(0)] });
    void ['a1', 'b1', 'a2', 'c1', 'a3'].map((item) => stage.commits.add(item));
    await turn();
    for (const round of [0, 1, 2]) await stage.end(round);
    expect(stage.rounds).toEqual([['a1', 'b1', 'c1'], ['a2'], ['a3']]);
  });

  it('keeps the order of a key also behind an item that has to wait for another', async () => {
    const stage = new Stage<string>({ maxWeight: 10, keys: (item) => item.split('') });
    void ['a', 'ab', 'b'].map((item) => stage.commits.add(item));
    await turn();
    for (const round of [0, 1]) await stage.end(round);
    expect(stage.rounds).toEqual([['a'], ['ab'], ['b']]);
  });

  it('begins a round beside another one only where it may and what waits fills it', async () => {
    const stage = new Stage<number>({ maxWeight: 3, atOnce: 2 });
    for (const item of [1, 2, 3, 4, 5]) void stage.commits.add(item);
    await turn();
    expect(stage.rounds).toEqual([[1, 2, 3]]);
    for (const item of [6, 7, 8, 9]) void stage.commits.add(item);
    await turn();
    expect(stage.rounds).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    await stage.end(0);
    expect(stage.rounds).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    await stage.end(1);
    await stage.end(2);
    await expect(stage.commits.drained()).resolves.toBeUndefined();
  });

  it('tells each caller its own error, and the others their results', async () => {
    const stage = new Stage<number>({ maxWeight: 10 });
    const answers = Promise.allSettled([1, 2, 3].map((item) => stage.commits.add(item)));
    await turn();
    await stage.end(0, [{ result: 'one' }, { error: new Error('two') }]);
    expect(await answers).toEqual([
      { status: 'fulfilled', value: 'one' },
      { status: 'rejected', reason: new Error('two') },
      { status: 'rejected', reason: new Error('the round answered for fewer items than it was given') },
    ]);
  });

  it('tells everybody in a round what its work throws, and goes on with the next', async () => {
    const stage = new Stage<number>({ maxWeight: 10 });
    const first = Promise.allSettled([stage.commits.add(1)]);
    await turn();
    const second = stage.commits.add(2);
    await stage.end(0, new Error('down'));
    expect(await first).toEqual([{ status: 'rejected', reason: new Error('down') }]);
    await stage.end(1);
    await expect(second).resolves.toBe('2');
  });

  it('is drained when nothing waits and nothing is under way', async () => {
    const stage = new Stage<number>({ maxWeight: 10 });
    await stage.commits.drained();
    void stage.commits.add(1);
    await turn();
    void stage.commits.add(2);
    let drained = false;
    const draining = stage.commits.drained().then(() => (drained = true));
    await stage.end(0);
    expect(drained).toBe(false);
    await stage.end(1);
    await draining;
  });
});
