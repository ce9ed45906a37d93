import { eventually } from './eventually.js';

describe('eventually', () => {
  it('resolves with the first success', async () => {
    let calls = 0;
    const attempt = (): number => {
      calls += 1;
      if (calls < 3) throw new Error('not yet');
      return calls;
    };
    expect(await eventually(attempt, { intervalMs: 1 })).toBe(3);
  });

  it('rejects with the last error once the time is up', async () => {
    const attempt = (): Promise<never> => Promise.reject(new Error('never'));
    await expect(eventually(attempt, { timeoutMs: 20, intervalMs: 1 })).rejects.toThrow('never');
  });
});
