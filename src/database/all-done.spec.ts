import { databaseError } from '../../test/support/database-error.js';
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

  it('rejects with the cause, even where a later statement of the transaction was refused sooner', async () => {
    const cause = databaseError('54001');
    const late = Promise.resolve().then(() => Promise.reject(cause));
    await expect(allDone([Promise.reject(databaseError('25P02')), late])).rejects.toBe(cause);
  });

  it('rejects with the refusal of a transaction that failed elsewhere', async () => {
    const refusal = databaseError('25P02');
    await expect(allDone([Promise.reject(refusal), Promise.resolve()])).rejects.toBe(refusal);
  });
});
