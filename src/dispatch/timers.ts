import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { transact } from '../database/transaction.js';
import { EventBus } from '../events/event-bus.js';
import type { Fact } from '../tasks/facts.js';
import { TaskWriter, type Written } from '../tasks/task-writer.js';
import { DispatchRepository, type DueDispatch } from './dispatch.repository.js';
import { Loop } from '../background/loop.js';

/** How many dispatches one round takes at the most. */
const ROUND = 500;

/** How late a timer may be, in milliseconds, beside the work itself. */
const DUE_MS = 250;

/** How late a task may expire that could not be sent all the time. */
const EXPIRED_UNSENT_MS = 5_000;

const FAILURE_MS = 1_000;

/**
 * Brings about what only time does: scheduled tasks become queued, attempts reach their time limit, tasks expire. Any
 * number of processes may do it at once; each takes what no other holds.
 */
@Injectable()
export class Timers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Timers.name);
  private readonly loops = [
    this.loop(DUE_MS, (manager) => this.dispatches.takeDue(manager, ROUND)),
    this.loop(EXPIRED_UNSENT_MS, (manager) => this.dispatches.takeExpiredUnsent(manager, ROUND)),
  ];

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatches: DispatchRepository,
    private readonly writer: TaskWriter,
    private readonly bus: EventBus,
  ) {}

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private loop(idleMs: number, take: (manager: EntityManager) => Promise<DueDispatch[]>): Loop {
    return new Loop(() => this.round(take), { idleMs, failureMs: FAILURE_MS, logger: this.logger });
  }

  private async round(take: (manager: EntityManager) => Promise<DueDispatch[]>): Promise<boolean> {
    const { events } = await transact(this.dataSource, async (manager): Promise<Written> => {
      const due = await take(manager);
      const facts = due.map((dispatch) => ({ taskId: dispatch.taskId, fact: factOf(dispatch) }));
      return this.writer.apply(manager, facts, { skipLocked: true });
    });
    this.bus.announce(events);
    return events.length > 0;
  }
}

function factOf({ expired, state, attempt }: DueDispatch): Fact {
  if (expired) return { kind: 'expired' };
  return state === 'scheduled' ? { kind: 'due' } : { kind: 'timed-out', attempt };
}
