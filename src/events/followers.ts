import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { Metrics } from '../observability/metrics.js';
import { CatchUp } from './catch-up.js';
import type { Cursor } from './cursor.js';
import { EventBus, type BusListener } from './event-bus.js';
import { EventsRepository, type Position } from './events.repository.js';
import type { RecordedEvent } from './event.js';
import { Following, type Registry } from './following.js';
import { OwnTasks } from './own-tasks.js';
import type { Reader } from './reader.js';
import { Rounds } from './rounds.js';

/** How often all cursors are compared with the database, in milliseconds: so long can an event take without a hint. */
const COMPARE_INTERVAL = 2_000;

/**
 * Everybody who follows tasks in this process. Events of this process come straight from whoever wrote them, those of
 * others by a hint and a read; what neither tells is found by the comparison with the database.
 */
@Injectable()
export class Followers implements BusListener, Registry, OnModuleInit, BeforeApplicationShutdown {
  readonly catchUp: CatchUp;
  readonly ownTasks: OwnTasks;
  private readonly logger = new Logger(Followers.name);
  private readonly followings = new Set<Following>();
  private readonly cursors = new Map<string, Set<Cursor>>();
  private readonly comparison = new Rounds(
    () => this.compare(),
    (error) => {
      this.logger.warn({ message: 'Followers cannot be compared with the database', err: error });
    },
  );
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    bus: EventBus,
    private readonly repository: EventsRepository,
    private readonly metrics: Metrics,
  ) {
    this.catchUp = new CatchUp(repository);
    this.ownTasks = new OwnTasks(repository);
    bus.listen(this);
  }

  /** Whether this process is about to end, and nobody joins any more. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** Lets a reader follow tasks, until it leaves. Throws `unavailable` once this process is to end. */
  join(reader: Reader): Following {
    if (this.closed) throw new AppError('unavailable', 'This process is about to end; try again.');
    const following = new Following(reader, this);
    this.followings.add(following);
    this.metrics.followers.inc();
    return following;
  }

  recorded(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      for (const cursor of this.cursors.get(event.taskId) ?? []) {
        cursor.offer(event);
        this.catchUp.request(cursor);
      }
      this.ownTasks.offer(event);
    }
  }

  hinted(taskIds: readonly string[]): void {
    for (const taskId of taskIds) this.markAll(taskId, Infinity);
    this.ownTasks.hint(taskIds);
  }

  connected(): void {
    this.comparison.request();
  }

  add(cursor: Cursor): void {
    const others = this.cursors.get(cursor.taskId);
    if (others) others.add(cursor);
    else this.cursors.set(cursor.taskId, new Set([cursor]));
  }

  remove(cursor: Cursor): void {
    const others = this.cursors.get(cursor.taskId);
    if (others?.delete(cursor) && others.size === 0) this.cursors.delete(cursor.taskId);
  }

  leave(following: Following): void {
    if (this.followings.delete(following)) this.metrics.followers.dec();
  }

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.comparison.request();
      for (const following of this.followings) following.checkPatience();
    }, COMPARE_INTERVAL);
  }

  /** Sends everybody elsewhere, before the server stops listening. */
  beforeApplicationShutdown(): void {
    this.closed = true;
    clearInterval(this.timer);
    for (const following of this.followings) following.dismiss('shutdown');
  }

  private async compare(): Promise<void> {
    const positions = this.positions();
    if (positions.length === 0) return;
    for (const { taskId, seq } of await this.repository.moved(positions)) this.markAll(taskId, seq);
  }

  /** Where the last of each task's cursors stands. */
  private positions(): Position[] {
    const positions: Position[] = [];
    for (const [taskId, cursors] of this.cursors) {
      let last = Infinity;
      for (const { seq } of cursors) last = Math.min(last, seq ?? Infinity);
      if (last !== Infinity) positions.push({ taskId, seq: last });
    }
    return positions;
  }

  /** Marks those of a task's cursors that stand before `seq`. */
  private markAll(taskId: string, seq: number): void {
    for (const cursor of this.cursors.get(taskId) ?? []) {
      if (cursor.seq !== null && cursor.seq >= seq) continue;
      cursor.mark();
      this.catchUp.request(cursor);
    }
  }
}
