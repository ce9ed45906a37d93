import { jest } from '@jest/globals';
import { PartitionLane } from './partition-lane.js';

const ignore = (): void => undefined;

describe('PartitionLane', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is occupied while its handler works, and free right after it went well', async () => {
    const lane = new PartitionLane(new AbortController().signal);
    let finish = ignore;
    const acknowledged = lane.start(() => new Promise((resolve) => (finish = resolve)), ignore);
    await Promise.resolve();
    await Promise.resolve();
    expect(lane.occupied).toBe(true);
    finish();
    expect(await acknowledged).toBe(true);
    await lane.free();
    expect(lane.occupied).toBe(false);
  });

  it('waits after failures for 0.1 s, 0.2 s and so on up to 5 s, and starts over after a success', async () => {
    const lane = new PartitionLane(new AbortController().signal);
    const backoffs: number[] = [];
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      await lane.start(work, ignore);
      const start = Date.now();
      const free = lane.free();
      await jest.runAllTimersAsync();
      await free;
      backoffs.push(Date.now() - start);
    };
    for (let failure = 0; failure < 8; failure += 1) await attempt(() => Promise.reject(new Error('again')));
    await attempt(() => Promise.resolve());
    await attempt(() => Promise.reject(new Error('once')));
    expect(backoffs).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 0, 100]);
  });

  it('tells of a failure, and ends its back-off when everything closes', async () => {
    const closing = new AbortController();
    const lane = new PartitionLane(closing.signal);
    const failures: unknown[] = [];
    const error = new Error('now');
    expect(
      await lane.start(
        () => Promise.reject(error),
        (thrown) => failures.push(thrown),
      ),
    ).toBe(false);
    expect(failures).toEqual([error]);
    await lane.quiet();
    expect(lane.occupied).toBe(true);
    closing.abort();
    await lane.free();
    expect(lane.occupied).toBe(false);
  });

  it('is not quiet before its handler has come to an end, even for one that asks from inside', async () => {
    const lane = new PartitionLane(new AbortController().signal);
    const order: string[] = [];
    const acknowledged = lane.start(async () => {
      void lane.quiet().then(() => order.push('quiet'));
      await Promise.resolve();
      await Promise.resolve();
      order.push('handled');
    }, ignore);
    await acknowledged;
    await lane.free();
    await Promise.resolve();
    expect(order).toEqual(['handled', 'quiet']);
  });
});
