import { jest } from '@jest/globals';
import { CatchUp } from './catch-up.js';
import { Following } from './following.js';
import { OwnTasks } from './own-tasks.js';

const MEBIBYTE = 1024 * 1024;

describe('a reader that does not read', () => {
  let unread: number;
  let dismissed: string[];
  let following: Following;

  beforeEach(() => {
    jest.useFakeTimers();
    unread = 0;
    dismissed = [];
    const nothing = { after: () => Promise.resolve([]), news: () => Promise.resolve([]) } as never;
    const registry = {
      catchUp: new CatchUp(nothing),
      ownTasks: new OwnTasks(nothing),
      add: () => undefined,
      remove: () => undefined,
      leave: () => undefined,
    };
    const reader = {
      emit: () => undefined,
      unread: () => unread,
      dismiss: (reason: string) => dismissed.push(reason),
    };
    following = new Following(reader, registry);
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** Lets time pass as the registry does, which looks every two seconds. */
  function pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 2) {
      jest.advanceTimersByTime(2_000);
      following.checkPatience();
    }
  }

  it('is given nothing more than 1 MiB', () => {
    unread = MEBIBYTE;
    expect(following.isReady()).toBe(true);
    unread = MEBIBYTE + 1;
    expect(following.isReady()).toBe(false);
  });

  it('is dismissed when it takes nothing for 30 s', () => {
    unread = MEBIBYTE + 1;
    following.isReady();
    pass(28);
    expect(dismissed).toEqual([]);
    pass(2);
    expect(dismissed).toEqual(['too_slow']);
  });

  it('is kept while it takes something, however little', () => {
    unread = 2 * MEBIBYTE;
    following.isReady();
    for (let round = 0; round < 10; round++) {
      pass(20);
      unread -= 1_000;
    }
    expect(dismissed).toEqual([]);
  });

  it('is kept when it has caught up, and gets the full time again afterwards', () => {
    unread = 2 * MEBIBYTE;
    following.isReady();
    pass(20);
    unread = 0;
    following.drained();
    unread = 2 * MEBIBYTE;
    following.isReady();
    pass(28);
    expect(dismissed).toEqual([]);
  });

  it('is kept for ever while there is nothing to give it', () => {
    unread = 100;
    pass(600);
    expect(dismissed).toEqual([]);
  });
});
