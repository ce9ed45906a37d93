import type { Logger } from '@nestjs/common';
import { eventually } from '../../test/support/eventually.js';
import { Loop } from './loop.js';

/** A loop whose rounds do what the test says, one after the other; after the last it is idle. */
function loopOver(rounds: (() => Promise<boolean>)[], waits: { idleMs: number; failureMs: number }) {
  const warnings: unknown[] = [];
  const logger = { warn: (message: unknown) => warnings.push(message) } as unknown as Logger;
  let count = 0;
  const loop = new Loop(() => rounds[count++]?.() ?? new Promise<boolean>(() => undefined), {
    ...waits,
    logger,
  });
  return { loop, warnings, count: () => count };
}

const work = () => Promise.resolve(true);
const nothing = () => Promise.resolve(false);
const failure = () => Promise.reject(new Error('down'));
const FOR_EVER = 1_000_000;

/** Until everything has happened that needs no time. */
const settled = () => new Promise(setImmediate);

describe('a loop', () => {
  it('goes on at once while there is work, and then waits', async () => {
    const { loop, count } = loopOver([work, work, nothing, work], { idleMs: FOR_EVER, failureMs: 0 });
    loop.start();
    await settled();
    expect(count()).toBe(3);
    await loop.stop();
  });

  it('goes on after the idle wait', async () => {
    const { loop, count, warnings } = loopOver([nothing, nothing, failure], {
      idleMs: 1,
      failureMs: FOR_EVER,
    });
    loop.start();
    await eventually(() => {
      expect(count()).toBe(3);
    });
    await loop.stop();
    expect(warnings).toHaveLength(1);
  });

  it('goes on after a failure, when its own wait is over, and says so, of the first in a row everything', async () => {
    const { loop, count, warnings } = loopOver([failure, failure, nothing], {
      idleMs: FOR_EVER,
      failureMs: 1,
    });
    loop.start();
    await eventually(() => {
      expect(count()).toBe(3);
    });
    const message = 'trying again in 1 ms: down';
    expect(warnings).toEqual([{ message, err: new Error('down') }, message]);
    await loop.stop();
  });

  it('does not start twice', async () => {
    const { loop, count } = loopOver([nothing], { idleMs: FOR_EVER, failureMs: 0 });
    loop.start();
    loop.start();
    await settled();
    expect(count()).toBe(1);
    await loop.stop();
  });

  it('stops when the round under way is over, and begins no other', async () => {
    let end = (): void => undefined;
    const round = new Promise<void>((resolve) => (end = resolve));
    const { loop, count } = loopOver([() => round.then(work), work], { idleMs: 0, failureMs: 0 });
    loop.start();
    let stopped = false;
    const stopping = loop.stop().then(() => (stopped = true));
    await settled();
    expect(stopped).toBe(false);
    end();
    await stopping;
    expect(count()).toBe(1);
  });

  it('can be stopped before it was started', async () => {
    const { loop, count } = loopOver([work], { idleMs: 0, failureMs: 0 });
    await loop.stop();
    expect(count()).toBe(0);
  });
});
