import { jest } from '@jest/globals';
import { AppError } from '../errors/app-error.js';
import type { Identity } from './caller.js';
import { RecentlyRecognized } from './recently-recognized.js';

const ALICE: Identity = { owner: 'alice', roles: ['client'], taskId: null, expiresAt: null, revoked: null };

/** Remembers for a recognizer that answers as told; `asked` has what that one was asked. */
function remembering(recognize: (token: string) => Promise<Identity | null> | Identity | null) {
  const asked: string[] = [];
  const recent = new RecentlyRecognized({
    recognize: (token) => {
      asked.push(token);
      return recognize(token);
    },
  });
  return { recent, asked };
}

describe('a token that was recognized', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is verified once in a second, however many requests come with it, together or one after the other', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5_000);
    const { recent, asked } = remembering(() => Promise.resolve(ALICE));
    const answers = await Promise.all(Array.from({ length: 10 }, () => recent.recognize('a')));
    answers.push(await recent.recognize('a'));
    expect(answers).toEqual(Array(11).fill(ALICE));
    expect(asked).toEqual(['a']);
    // A key that was taken back meanwhile counts no longer than that.
    now.mockReturnValue(6_000);
    await recent.recognize('a');
    expect(asked).toEqual(['a', 'a']);
  });

  it('speaks for no other token', async () => {
    const { recent, asked } = remembering((token) => ({ ...ALICE, owner: token }));
    expect(await recent.recognize('a')).toMatchObject({ owner: 'a' });
    expect(await recent.recognize('A')).toMatchObject({ owner: 'A' });
    expect(asked).toEqual(['a', 'A']);
  });

  it('is looked at again once it has expired', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const { recent, asked } = remembering(() => {
      if (Date.now() >= expiresAt.getTime()) throw new AppError('unauthorized', 'The token has expired.');
      return { ...ALICE, expiresAt };
    });
    expect(await recent.recognize('a')).toMatchObject({ owner: 'alice' });
    jest.spyOn(Date, 'now').mockReturnValue(expiresAt.getTime());
    await expect(recent.recognize('a')).rejects.toThrow('The token has expired.');
    expect(asked).toEqual(['a', 'a']);
  });

  it('is forgotten when there are too many', async () => {
    jest.spyOn(performance, 'now').mockReturnValue(5_000);
    const { recent, asked } = remembering(() => ALICE);
    for (let index = 0; index < 10_001; index++) await recent.recognize(String(index));
    expect(recent).toMatchObject({ known: { size: 1 } });
    await recent.recognize('0');
    expect(asked).toHaveLength(10_002);
  });
});

describe('a token that was refused', () => {
  it.each([
    ['by an error', () => Promise.reject(new AppError('unavailable', 'The keys cannot be had.'))],
    ['at once', () => Promise.resolve().then(() => null)],
  ])('%s is looked at anew', async (_, refuse) => {
    const answers = [refuse, () => Promise.resolve(ALICE)];
    const { recent } = remembering(() => (answers.shift() as () => Promise<Identity | null>)());
    expect(await recent.recognize('a').catch((error: unknown) => error)).not.toBe(ALICE);
    expect(await recent.recognize('a')).toBe(ALICE);
  });
});
