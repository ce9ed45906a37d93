import { Logger } from '@nestjs/common';
import type { RecordedEvent } from './event.js';
import type { EventsRepository } from './events.repository.js';
import type { Following } from './following.js';
import { Rounds } from './rounds.js';

/** Of how many tasks it is remembered what was last told about them. */
const REMEMBERED = 10_000;

/** The most tasks that wait to be read; where there are more, the oldest are left out. */
const MAX_HINTED = 10_000;

/** The most tasks that one query reads: results may be large. */
const TASKS_PER_ROUND = 100;

/**
 * Who follows all tasks of an owner, whichever they are. A live hint: it starts now, is driven by the bus alone, and
 * where hints get lost, or come faster than they can be read, events are left out.
 */
export class OwnTasks {
  private readonly logger = new Logger(OwnTasks.name);
  private readonly followings = new Map<string, Set<Following>>();
  private readonly told = new Map<string, number>();
  private readonly hinted = new Set<string>();
  private readonly rounds = new Rounds(
    () => this.read(),
    (error) => {
      this.hinted.clear();
      this.logger.warn({ message: 'Hints to owners were lost', err: error });
    },
  );

  constructor(private readonly repository: EventsRepository) {}

  /** Tells a following about every task of `owner` from now on. */
  add(owner: string, following: Following): void {
    const others = this.followings.get(owner);
    if (others) others.add(following);
    else this.followings.set(owner, new Set([following]));
  }

  /** Stops that; harmless if it was not told. */
  remove(owner: string, following: Following): void {
    const others = this.followings.get(owner);
    if (others?.delete(following) && others.size === 0) this.followings.delete(owner);
    if (this.followings.size === 0) this.told.clear();
  }

  /** Passes an event on, unless a newer one of its task was. Who follows that very task gets it there. */
  offer(event: RecordedEvent): void {
    const followings = this.followings.get(event.owner);
    if (!followings || event.seq <= (this.told.get(event.taskId) ?? 0)) return;
    this.remember(event);
    for (const following of followings) {
      if (!following.has(event.taskId) && following.isReady()) following.emit(event);
    }
  }

  /** Reads what is new in these tasks, if anybody follows an owner at all. */
  hint(taskIds: readonly string[]): void {
    if (this.followings.size === 0) return;
    for (const taskId of taskIds) {
      this.hinted.add(taskId);
      const [oldest] = this.hinted;
      if (this.hinted.size > MAX_HINTED && oldest !== undefined) this.hinted.delete(oldest);
    }
    this.rounds.request();
  }

  private async read(): Promise<void> {
    const taskIds = [...this.hinted].slice(0, TASKS_PER_ROUND);
    for (const taskId of taskIds) this.hinted.delete(taskId);
    if (this.hinted.size > 0) this.rounds.request();
    const positions = taskIds.map((taskId) => ({ taskId, seq: this.told.get(taskId) ?? null }));
    for (const event of await this.repository.news(positions, [...this.followings.keys()])) this.offer(event);
  }

  private remember({ taskId, seq }: RecordedEvent): void {
    this.told.delete(taskId);
    this.told.set(taskId, seq);
    const [oldest] = this.told.keys();
    if (this.told.size > REMEMBERED && oldest !== undefined) this.told.delete(oldest);
  }
}
