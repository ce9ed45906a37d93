import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Loop } from '../background/loop.js';
import { transact } from '../database/transaction.js';
import { EventBus } from '../events/event-bus.js';
import { TaskTypes } from '../task-types/task-types.js';
import { Metrics } from '../observability/metrics.js';
import type { Fact } from '../tasks/facts.js';
import { TaskRepository } from '../tasks/task.repository.js';
import { TaskWriter, type TaskFact, type Written } from '../tasks/task-writer.js';
import { DueDispatchRepository, type DueDispatch } from './due-dispatch.repository.js';
import { orderingLock } from './ordering.js';

/** How many dispatches one round takes at the most. */
const ROUND = 500;

/** How late a timer may be, in milliseconds, beside the work itself. */
const DUE_MS = 250;

/** How late a task may expire that could not be sent all the time. */
const EXPIRED_UNSENT_MS = 5_000;

const FAILURE_MS = 1_000;

/** What a round told the tasks, and what became of it. */
interface Round extends Written {
  facts: TaskFact[];
}

/** What time has brought about. `look` takes one round trip and no locks: mostly there is nothing, and then that is all. */
interface Watch {
  name: string;
  look: () => Promise<boolean>;
  take: (manager: EntityManager) => Promise<DueDispatch[]>;
}

/** Held in a round by one process of an installation at a time. */
const TAKE_TURN = `
  SELECT pg_try_advisory_xact_lock(hashtextextended($1 || current_schema(), 0)) AS "isMine"`;

/**
 * Brings about what only time does: scheduled tasks become queued, attempts reach their time limit, tasks expire. Of many
 * processes one does it at a time: two would draw the ordering numbers of scheduled tasks side by side.
 */
@Injectable()
export class Timers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Timers.name);
  private readonly loops = [
    this.loop(DUE_MS, {
      name: 'due',
      look: () => this.dispatches.isAnyDue(),
      take: (manager) => this.dispatches.takeDue(manager, ROUND),
    }),
    this.loop(EXPIRED_UNSENT_MS, {
      name: 'expired unsent',
      look: () => this.dispatches.isAnyExpiredUnsent(),
      take: (manager) => this.dispatches.takeExpiredUnsent(manager, ROUND),
    }),
  ];

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatches: DueDispatchRepository,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly taskTypes: TaskTypes,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private loop(idleMs: number, watch: Watch): Loop {
    return new Loop(() => this.round(watch), { idleMs, failureMs: FAILURE_MS, logger: this.logger });
  }

  private async round({ name, look, take }: Watch): Promise<boolean> {
    if (!(await look())) return false;
    const { facts, outcomes, events, letters } = await transact(
      this.dataSource,
      async (manager): Promise<Round> => {
        const [turn] = await manager.query<{ isMine: boolean }[]>(TAKE_TURN, [`taskwire timers ${name} `]);
        if (turn?.isMine !== true) return { facts: [], outcomes: [], events: [], letters: [] };
        const due = await this.inTurn(manager, await take(manager));
        const facts = due.map((dispatch) => ({ taskId: dispatch.taskId, fact: this.factOf(dispatch) }));
        return { facts, ...(await this.writer.apply(manager, facts, { skipLocked: true })) };
      },
    );
    this.bus.announce(events);
    const lost = facts.filter(
      ({ fact }, index) => fact.kind === 'lease-lost' && outcomes[index]?.outcome === 'applied',
    );
    this.metrics.leasesLost.inc(lost.length);
    this.metrics.deadLettersStored(letters);
    return events.length > 0;
  }

  /**
   * Those whose tasks nobody is changing at the moment; they are locked from now on. Behind one that is left out, others
   * of its key have to wait, too, or they would overtake it.
   */
  private async inTurn(manager: EntityManager, due: readonly DueDispatch[]): Promise<DueDispatch[]> {
    if (due.length === 0) return [];
    const ids = due.map(({ taskId }) => taskId);
    const { tasks } = await this.tasks.lock(manager, ids, { skipLocked: true });
    const free = new Set(tasks.map(({ id }) => id));
    const waiting = new Set<string>();
    return due.filter(({ taskId, type, orderingKey }) => {
      const key = orderingKey === null ? null : orderingLock(type, orderingKey);
      const isFree = free.has(taskId) && !(key !== null && waiting.has(key));
      if (!isFree && key !== null) waiting.add(key);
      return isFree;
    });
  }

  /** A lease and the time limit begin anew with the same report, so the shorter one is over first. */
  private factOf({ expired, state, attempt, type, leaseSeconds }: DueDispatch): Fact {
    if (expired) return { kind: 'expired' };
    if (state === 'scheduled') return { kind: 'due' };
    const { attemptTimeoutSeconds } = this.taskTypes.orDefault(type);
    const isLease = leaseSeconds !== null && leaseSeconds <= (attemptTimeoutSeconds ?? Infinity);
    return { kind: isLease ? 'lease-lost' : 'timed-out', attempt };
  }
}
