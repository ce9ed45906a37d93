import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { SendLeaseRepository, SentMark } from './send-lease.repository.js';
import { SentMarks } from './sent-marks.js';

const HOLDER = 'holder';

/** Marks whose writes are collected instead of written, or fail. */
function collecting(fails: () => boolean = () => false) {
  const written: string[][] = [];
  const markSent = (marks: readonly SentMark[], holder: string): Promise<void> => {
    expect(holder).toBe(HOLDER);
    if (fails()) return Promise.reject(new Error('away'));
    written.push(marks.map(({ taskId }) => taskId));
    return Promise.resolve();
  };
  return { written, marks: new SentMarks({ markSent } as unknown as SendLeaseRepository, HOLDER) };
}

const markOf = (taskId: string): SentMark => ({ taskId, attempt: 1, timeLimit: null });

describe('marks of what was sent', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('wait for each other, and are written together', async () => {
    const { written, marks } = collecting();
    marks.add([markOf('a')]);
    marks.add([markOf('b'), markOf('c')]);
    await jest.advanceTimersByTimeAsync(99);
    expect(written).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(written).toEqual([['a', 'b', 'c']]);
    marks.add([markOf('d')]);
    await jest.advanceTimersByTimeAsync(100);
    expect(written).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('do not wait once a thousand have come', async () => {
    const { written, marks } = collecting();
    marks.add(Array.from({ length: 1_000 }, (_, index) => markOf(String(index))));
    await jest.advanceTimersByTimeAsync(0);
    expect(written.map(({ length }) => length)).toEqual([1_000]);
  });

  it('are all written when the process ends', async () => {
    const { written, marks } = collecting();
    await marks.drained();
    marks.add([markOf('a')]);
    await marks.drained();
    expect(written).toEqual([['a']]);
  });

  it('that the database does not take are lost, and those after them are not', async () => {
    let isAway = true;
    const { written, marks } = collecting(() => isAway);
    marks.add([markOf('a')]);
    await marks.drained();
    isAway = false;
    marks.add([markOf('b')]);
    await marks.drained();
    expect(written).toEqual([['b']]);
  });
});
