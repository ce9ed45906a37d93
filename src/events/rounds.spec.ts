import { Rounds } from './rounds.js';

describe('rounds of work', () => {
  it('serve all requests of one moment by one round, and those that come meanwhile by one more', async () => {
    const ends: (() => void)[] = [];
    const rounds = new Rounds(
      () => new Promise((resolve) => ends.push(resolve)),
      () => undefined,
    );
    for (let request = 0; request < 3; request++) rounds.request();
    await settled();
    expect(ends).toHaveLength(1);
    for (let request = 0; request < 3; request++) rounds.request();
    await settled();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await settled();
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await settled();
    expect(ends).toHaveLength(2);
  });

  it('are quiet when the last one that was asked for is over', async () => {
    const ends: (() => void)[] = [];
    const rounds = new Rounds(
      () => new Promise((resolve) => ends.push(resolve)),
      () => undefined,
    );
    await rounds.quiet();
    rounds.request();
    await settled();
    rounds.request();
    let isQuiet = false;
    void rounds.quiet().then(() => (isQuiet = true));
    ends[0]?.();
    await settled();
    expect(isQuiet).toBe(false);
    ends[1]?.();
    await settled();
    expect(isQuiet).toBe(true);
  });

  it('go on after one that failed', async () => {
    const errors: unknown[] = [];
    let rounds = 0;
    const work = new Rounds(
      () => (rounds++ === 0 ? Promise.reject(new Error('once')) : Promise.resolve()),
      (error) => errors.push(error),
    );
    work.request();
    await settled();
    work.request();
    await settled();
    expect([rounds, errors]).toEqual([2, [new Error('once')]]);
  });
});

/** Resolves when everything that only waits for promises has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
