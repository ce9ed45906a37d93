import { allDone } from './all-done.js';

describe('allDone', () => {
  it('answers with what all came to, in their order', async () => {
    expect(await allDone([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
  });

  it('rejects with the first failure, and not before the others are settled', async () => {
    let isSettled = false;
    let settle = (): void => undefined;
    const slow = new Promise<void>((resolve) => (settle = resolve)).then(() => {
      isSettled = true;
    });
    const failure = new Error('no');
    const all = allDone([Promise.reject(failure), slow]);
    const seen = all.catch((error: unknown) => [error, isSettled]);
    settle();
    expect(await seen).toEqual([failure, true]);
  });
});
