import { Logger } from '@nestjs/common';
import type { Cursor } from './cursor.js';
import type { EventsRepository, Position } from './events.repository.js';
import { Rounds } from './rounds.js';

/** The most positions that one query reads from. */
const POSITIONS_PER_ROUND = 100;

/** Cursors at the same place of the same task: one read serves them all. */
interface Group {
  position: Position;
  cursors: Cursor[];
}

/** Reads for cursors what they have missed: one query at a time, for all that fell behind while the last was under way. */
export class CatchUp {
  private readonly logger = new Logger(CatchUp.name);
  private readonly waiting = new Set<Cursor>();
  private readonly rounds = new Rounds(
    () => this.read(),
    (error) => {
      // Their marks are gone, but the next comparison with the database finds them.
      this.waiting.clear();
      this.logger.warn({ message: 'Followers wait: their events cannot be read', err: error });
    },
  );

  constructor(private readonly repository: EventsRepository) {}

  /** Sees to it that the cursor gets what it has missed, if it is behind. */
  request(cursor: Cursor): void {
    if (!cursor.isBehind) return;
    this.waiting.add(cursor);
    this.rounds.request();
  }

  private async read(): Promise<void> {
    const groups = this.takeGroups();
    if (this.waiting.size > 0) this.rounds.request();
    if (groups.length === 0) return;
    const pages = await this.repository.after(groups.map(({ position }) => position));
    groups.forEach(({ cursors }, index) => {
      const { events, hasMore } = pages[index] ?? { events: [], hasMore: false };
      for (const cursor of cursors) {
        for (const event of events) cursor.offer(event);
        if (hasMore) cursor.mark();
        this.request(cursor);
      }
    });
  }

  private takeGroups(): Group[] {
    const groups = new Map<string, Group>();
    for (const cursor of this.waiting) {
      if (groups.size === POSITIONS_PER_ROUND) break;
      this.waiting.delete(cursor);
      const { taskId, seq } = cursor;
      if (!cursor.isBehind || seq === null) continue;
      cursor.unmark();
      const key = `${taskId}/${seq}`;
      const group = groups.get(key);
      if (group) group.cursors.push(cursor);
      else groups.set(key, { position: { taskId, seq }, cursors: [cursor] });
    }
    return [...groups.values()];
  }
}
