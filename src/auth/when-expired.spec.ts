import { getEventListeners } from 'node:events';
import type { Identity } from './caller.js';
import { goneOrRevoked } from './when-expired.js';

describe('the end of a request', () => {
  let revocation: AbortController;
  let gone: AbortController;
  let identity: Identity;

  beforeEach(() => {
    revocation = new AbortController();
    gone = new AbortController();
    identity = {
      owner: 'gpu-1',
      roles: ['compute'],
      taskId: null,
      expiresAt: null,
      revoked: revocation.signal,
    };
  });

  it.each([
    ['its caller is gone', () => gone],
    ['its key is taken back', () => revocation],
  ])('comes when %s, and leaves nothing with the key', (_, controller) => {
    const signal = goneOrRevoked(identity, gone.signal);
    expect(signal.aborted).toBe(false);
    controller().abort();
    expect(signal.aborted).toBe(true);
    expect(getEventListeners(revocation.signal, 'abort')).toEqual([]);
    // Where Node remembers what `AbortSignal.any` made.
    expect(Object.getOwnPropertySymbols(revocation.signal).map(String)).not.toContain(
      'Symbol(kDependantSignals)',
    );
  });

  it.each([
    ['its caller is gone already', () => gone],
    ['its key was taken back before', () => revocation],
  ])('has come where %s', (_, controller) => {
    controller().abort();
    expect(goneOrRevoked(identity, gone.signal).aborted).toBe(true);
  });
});
