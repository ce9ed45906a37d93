import { jest } from '@jest/globals';
import type { Logger } from '@nestjs/common';

/** The waits of the loop, which are over at once. */
const waits: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: (ms: number) => {
    waits.push(ms);
    return Promise.resolve();
  },
}));

const { Loop } = await import('./loop.js');

it('a loop waits twice as long after each round in a row that found nothing, up to its rest', async () => {
  const found = [false, false, false, false, true, false, false];
  const over = new Promise<boolean>((resolve) => {
    const round = () => {
      const next = found.shift();
      if (next === undefined) resolve(true);
      return next === undefined ? new Promise<boolean>(() => undefined) : Promise.resolve(next);
    };
    new Loop(round, { idleMs: 100, restMs: 300, failureMs: 0, logger: {} as Logger }).start();
  });
  await over;
  expect(waits).toEqual([100, 200, 300, 300, 100, 200]);
});
