import type { INestApplicationContext } from '@nestjs/common';
import type { RecordedEvent } from '../../src/events/event.js';
import { Followers } from '../../src/events/followers.js';
import type { Following } from '../../src/events/following.js';
import type { Dismissal } from '../../src/events/reader.js';

/** A reader that keeps what it gets. */
export class Recorder {
  readonly events: RecordedEvent[] = [];
  readonly following: Following;
  /** What it claims to have unread, in bytes. */
  unread = 0;
  dismissed: Dismissal | null = null;

  constructor(app: INestApplicationContext) {
    this.following = app.get(Followers).join({
      emit: (event) => this.events.push(event),
      unread: () => this.unread,
      dismiss: (reason) => (this.dismissed = reason),
    });
  }

  /** Follows a task from here on, without a look at the database. */
  follow(taskId: string, seq = 1): Promise<void> {
    const read = (): Promise<{ seq: number }> => Promise.resolve({ seq });
    return this.following.follow(taskId, { read, acknowledge: () => undefined });
  }

  get seqs(): number[] {
    return this.events.map(({ seq }) => seq);
  }
}
