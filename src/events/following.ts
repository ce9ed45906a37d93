import type { RecordedEvent } from './event.js';
import type { CatchUp } from './catch-up.js';
import { Cursor, type Outlet } from './cursor.js';
import type { OwnTasks } from './own-tasks.js';
import type { Dismissal, Reader } from './reader.js';

/** A reader with more than this unread, in bytes, is given nothing more. */
const MAX_UNREAD = 1024 * 1024;

/** A reader that has so much unread and takes nothing for this long, in milliseconds, is dismissed. */
const PATIENCE = 30_000;

/** How a task is read, and answered for, when following starts. */
export interface Introduction<T> {
  /** Reads the task as far as the reader may see it. What it throws ends the following. */
  read: () => Promise<T>;
  /** Tells the reader; it gets its first event after this. */
  acknowledge: (task: T) => void;
  /** The last event that it has seen; without it, all up to the task as it was read. */
  after?: number | undefined;
}

/** What a following needs of the registry. */
export interface Registry {
  readonly catchUp: CatchUp;
  readonly ownTasks: OwnTasks;
  add(cursor: Cursor): void;
  remove(cursor: Cursor): void;
  leave(following: Following): void;
}

/** All that one reader follows. */
export class Following implements Outlet {
  private readonly cursors = new Map<string, Cursor>();
  /** Since when nothing was taken, and how much was unread then; null while nothing is held back. */
  private stall: { since: number; unread: number } | null = null;
  private owner: string | null = null;
  private hasLeft = false;

  constructor(
    private readonly reader: Reader,
    private readonly registry: Registry,
  ) {}

  /** How many tasks it follows. */
  get size(): number {
    return this.cursors.size;
  }

  /** Whether it follows this very task. */
  has(taskId: string): boolean {
    return this.cursors.has(taskId);
  }

  /**
   * Follows a task: every event after the introduction's `after`, then live ones. Following it a second time starts
   * anew. Rejects with what `read` throws; a reader that leaves meanwhile is told nothing.
   */
  async follow<T extends { seq: number }>(
    taskId: string,
    { read, acknowledge, after }: Introduction<T>,
  ): Promise<void> {
    const cursor = this.register(taskId);
    try {
      const task = await read();
      if (this.hasLeft) return;
      acknowledge(task);
      if (after !== undefined && after < task.seq) cursor.mark();
      cursor.start(after ?? task.seq);
    } catch (error) {
      this.discard(cursor);
      throw error;
    }
    this.registry.catchUp.request(cursor);
  }

  /** Follows a task that the reader has read already, when `after` was its newest event. */
  resume(taskId: string, after: number): void {
    const cursor = this.register(taskId);
    cursor.mark();
    cursor.start(after);
    this.registry.catchUp.request(cursor);
  }

  /** Stops following a task; harmless if it was not followed. */
  unfollow(taskId: string): void {
    const cursor = this.cursors.get(taskId);
    if (cursor) this.discard(cursor);
  }

  /** Hears of all tasks of this owner from now on; where hints get lost, events are left out. */
  followOwner(owner: string): void {
    this.unfollowOwner();
    if (this.hasLeft) return;
    this.owner = owner;
    this.registry.ownTasks.add(owner, this);
  }

  /** Stops that; harmless if it did not. */
  unfollowOwner(): void {
    if (this.owner !== null) this.registry.ownTasks.remove(this.owner, this);
    this.owner = null;
  }

  /** Stops following anything, for good. */
  leave(): void {
    this.hasLeft = true;
    this.unfollowOwner();
    for (const cursor of this.cursors.values()) this.discard(cursor);
    this.registry.leave(this);
  }

  /** Stops following and sends the reader away. */
  dismiss(reason: Dismissal): void {
    this.leave();
    this.reader.dismiss(reason);
  }

  /** To be called when the reader has taken something: goes on if it had to stand still. */
  drained(): void {
    if (this.stall === null || !this.isReady()) return;
    this.stall = null;
    for (const cursor of this.cursors.values()) this.registry.catchUp.request(cursor);
  }

  /** To be called from time to time: dismisses a reader that takes nothing. */
  checkPatience(): void {
    this.drained();
    if (this.stall === null) return;
    const unread = this.reader.unread();
    if (unread < this.stall.unread) this.stall = { since: performance.now(), unread };
    else if (performance.now() - this.stall.since >= PATIENCE) this.dismiss('too_slow');
  }

  /** Whether the reader has little enough unread. */
  isReady(): boolean {
    const unread = this.reader.unread();
    const isReady = unread <= MAX_UNREAD;
    if (!isReady) this.stall ??= { since: performance.now(), unread };
    return isReady;
  }

  emit(event: RecordedEvent): void {
    this.reader.emit(event);
  }

  private register(taskId: string): Cursor {
    this.unfollow(taskId);
    const cursor = new Cursor(taskId, this);
    if (this.hasLeft) {
      cursor.close();
      return cursor;
    }
    this.cursors.set(taskId, cursor);
    this.registry.add(cursor);
    return cursor;
  }

  private discard(cursor: Cursor): void {
    cursor.close();
    this.registry.remove(cursor);
    if (this.cursors.get(cursor.taskId) === cursor) this.cursors.delete(cursor.taskId);
  }
}
