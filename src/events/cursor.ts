import type { RecordedEvent } from './event.js';

/** Where a cursor's events go. */
export interface Outlet {
  /** Whether another event may be given to it now. */
  isReady(): boolean;
  emit(event: RecordedEvent): void;
}

/**
 * One reader's place in one task's history. Only the very next event is let through, so a reader sees each once, in
 * order and without a gap, however often and in whatever order they are offered. What cannot be let through leaves a
 * mark: the database has to be read.
 */
export class Cursor {
  private place: number | null = null;
  private marked = false;
  private closed = false;

  constructor(
    readonly taskId: string,
    private readonly outlet: Outlet,
  ) {}

  /** The `seq` of the last event that was seen; null while it is not decided where to start. */
  get seq(): number | null {
    return this.place;
  }

  /** Whether the database has something for a reader that can take it now. */
  get isBehind(): boolean {
    return this.marked && this.place !== null && !this.closed && this.outlet.isReady();
  }

  /** Lets events through from now on, the first being `after` + 1. */
  start(after: number): void {
    this.place = after;
  }

  /** Lets the event through if it is the next one. */
  offer(event: RecordedEvent): void {
    if (this.closed || (this.place !== null && event.seq <= this.place)) return;
    if (this.place === null || event.seq > this.place + 1 || !this.outlet.isReady()) {
      this.marked = true;
      return;
    }
    this.place = event.seq;
    this.outlet.emit(event);
  }

  /** Remembers that there may be something new. */
  mark(): void {
    this.marked = true;
  }

  /** Forgets the mark, right before the database is read: what comes later marks it again. */
  unmark(): void {
    this.marked = false;
  }

  /** Lets nothing through any more. */
  close(): void {
    this.closed = true;
  }
}
