import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Limits } from '../config/config.js';
import { AppError } from '../errors/app-error.js';
import { RateLimit } from './rate-limit.js';

/** The injection token of the configured limits. */
export const LIMITS = Symbol('limits');

/** How long a request waits until others are counted, and they are waited for, in milliseconds. */
const COUNT_PATIENCE = 2_000;

/** What one owner may ask of one process, so that a flood of one leaves room for the others. */
@Injectable()
export class OwnerLimits implements OnModuleDestroy {
  private readonly requests: RateLimit | null;
  private readonly followers = new Map<string, number>();
  /** Of each owner, when it is counted what all that were let in hold. */
  private readonly counting = new Map<string, Promise<void>>();

  private readonly ending = new AbortController();

  constructor(@Inject(LIMITS) private readonly limits: Limits) {
    this.requests = limits.requestsPerSecond === null ? null : new RateLimit(limits.requestsPerSecond);
  }

  onModuleDestroy(): void {
    this.ending.abort();
  }

  /** Counts a request. @throws AppError `too_many_requests` */
  request(owner: string): void {
    if (this.requests?.take(owner, performance.now()) === false) throw tooMany();
  }

  /**
   * Counts what a request holds more than one of: a batch may go over the limit, and the owner waits for it afterwards.
   *
   * @throws AppError `too_many_requests` while the owner waits for an earlier one
   */
  more(owner: string, count: number): void {
    if (this.requests?.takeMore(owner, count, performance.now()) === false) throw tooMany();
  }

  /**
   * Resolves when it is counted how much the owner's earlier requests hold, so that of many that hold much only those are read that
   * will be let in. The function that it gives tells that this one is counted, too, or over. One whose body is long in coming, or
   * never does, keeps the others for a moment only.
   *
   * @throws AppError `too_many_requests` if the owner has to wait for what they hold
   */
  async afterCount(owner: string): Promise<() => void> {
    const earlier = this.counting.get(owner) ?? Promise.resolve();
    let counted = (): void => undefined;
    const own = new Promise<void>((resolve) => (counted = resolve));
    const all = earlier.then(() => atMost(COUNT_PATIENCE, own));
    this.counting.set(owner, all);
    void all.then(() => {
      if (this.counting.get(owner) === all) this.counting.delete(owner);
    });
    await atMost(COUNT_PATIENCE, earlier);
    try {
      this.more(owner, 0);
      return counted;
    } catch (error) {
      counted();
      throw error;
    }
  }

  /**
   * Resolves when so many of those that were counted, together, may go on: what its owner has saved up, or sent in a batch, is
   * no burst for the others.
   */
  async turn(owner: string, count: number): Promise<void> {
    const wait = this.requests?.turn(owner, count, performance.now()) ?? 0;
    // At the end of the process all have their turn: their clients are still there.
    if (wait > 0) await pause(wait, undefined, { signal: this.ending.signal }).catch(() => undefined);
  }

  /**
   * Counts a socket, a stream or a request that waits in; the function that it returns counts it out.
   *
   * @throws AppError `too_many_followers`
   */
  follow(owner: string): () => void {
    const count = this.followers.get(owner) ?? 0;
    if (this.limits.followers !== null && count >= this.limits.followers)
      throw new AppError(
        'too_many_followers',
        `You have ${count} sockets, streams and waiting requests already.`,
      );
    this.followers.set(owner, count + 1);
    let isIn = true;
    return () => {
      if (isIn) this.leave(owner);
      isIn = false;
    };
  }

  private leave(owner: string): void {
    const count = (this.followers.get(owner) ?? 0) - 1;
    if (count > 0) this.followers.set(owner, count);
    else this.followers.delete(owner);
  }
}

function tooMany(): AppError {
  return new AppError('too_many_requests', 'You have sent too many requests in the last second.');
}

/** Resolves with `work`, or when the time is up. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const timeUp = pause(ms, undefined, { ref: false, signal: over.signal }).catch(() => undefined);
  await Promise.race([work, timeUp]);
  over.abort();
}
