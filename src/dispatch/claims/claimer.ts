import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { EventBus, type BusListener } from '../../events/event-bus.js';
import type { RecordedEvent } from '../../events/event.js';
import { Rounds } from '../../events/rounds.js';
import type { TaskEventType } from '../../tasks/task-state.js';
import type { Claim, ClaimRequest } from './claim.js';
import { Claiming, ROUND } from './claiming.js';

/** How often it is looked while somebody waits, in milliseconds: so late may a task be of which every hint got lost. */
const LOOK_INTERVAL = 1_000;

/** How long hints gather, in milliseconds: most tell of tasks that are no business of ours. */
const GATHER_MS = 10;

/** Events of tasks that go on being held. */
const OF_HELD: ReadonlySet<TaskEventType> = new Set(['running', 'progress']);

interface Waiter extends ClaimRequest {
  /** Whether it waits no longer: the next look is its last. */
  isOver: boolean;
  timer?: NodeJS.Timeout;
  resolve: (claims: Claim[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Everybody who claims tasks in this process. One look at the database serves all who wait at that moment, so a waiter
 * costs no connection. It is looked when somebody comes, when this process or another one has made tasks claimable, and
 * every second.
 */
@Injectable()
export class Claimer implements BusListener, OnModuleInit, BeforeApplicationShutdown {
  /** In the order in which they came. */
  private readonly waiters = new Set<Waiter>();
  /** Those whom the look under way is for: it settles them. */
  private serving: ReadonlySet<Waiter> = new Set();
  private readonly looks = new Rounds(
    () => this.look(),
    (error) => {
      for (const waiter of this.serving) if (this.remove(waiter)) waiter.reject(error);
      this.serving = new Set();
    },
  );
  private timer: NodeJS.Timeout | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly claiming: Claiming,
    bus: EventBus,
  ) {
    bus.listen(this);
  }

  /**
   * Claims tasks under leases. Resolves at once if there are some, else when there are, when the time is up, when
   * `signal` says that the worker has gone, or when this process is about to end. A worker that goes while it is being
   * served gets its tasks nevertheless: then the caller has to give them back.
   */
  claim(request: ClaimRequest, signal: AbortSignal): Promise<Claim[]> {
    if (this.closed || signal.aborted) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { ...request, isOver: request.waitSeconds === 0, resolve, reject };
      this.waiters.add(waiter);
      this.looks.request();
      const leave = (): void => {
        waiter.isOver = true;
        if (!this.serving.has(waiter)) this.settle(waiter, []);
      };
      signal.addEventListener('abort', leave, { once: true });
      if (request.waitSeconds > 0) waiter.timer = setTimeout(leave, request.waitSeconds * 1_000);
    });
  }

  recorded(events: readonly RecordedEvent[]): void {
    if (events.some(({ type, status }) => status === 'queued' && type !== 'dispatched')) this.wake();
    // What comes to an end, or is claimed, may let the next one of its ordering key be claimed.
    else if (events.some(({ type }) => !OF_HELD.has(type))) this.wakeSoon();
  }

  hinted(): void {
    this.wakeSoon();
  }

  connected(): void {
    this.wake();
  }

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.wake();
    }, LOOK_INTERVAL);
  }

  /** Sends everybody away with what they have got. */
  beforeApplicationShutdown(): void {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.gathering);
    for (const waiter of this.waiters) if (!this.serving.has(waiter)) this.settle(waiter, []);
  }

  private wake(): void {
    if (this.waiters.size > 0) this.looks.request();
  }

  private wakeSoon(): void {
    if (this.waiters.size === 0) return;
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.wake();
    }, GATHER_MS);
  }

  private async look(): Promise<void> {
    if (this.waiters.size === 0) return;
    const waiters = [...this.waiters];
    this.serving = new Set(waiters);
    const found = await this.claiming.claim(waiters);
    this.serving = new Set();
    for (const waiter of waiters) {
      const claims = found.get(waiter) ?? [];
      if (claims.length > 0 || waiter.isOver || this.closed) this.settle(waiter, claims);
    }
    const count = [...found.values()].flat().length;
    if (count >= ROUND) this.wake();
  }

  private settle(waiter: Waiter, claims: Claim[]): void {
    if (this.remove(waiter)) waiter.resolve(claims);
  }

  private remove(waiter: Waiter): boolean {
    clearTimeout(waiter.timer);
    return this.waiters.delete(waiter);
  }
}
