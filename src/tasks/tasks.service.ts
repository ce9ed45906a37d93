import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { AuditLog } from '../audit/audit-log.js';
import type { Caller } from '../auth/caller.js';
import { visibleOwner } from '../auth/caller.js';
import { transact } from '../database/transaction.js';
import { AppError } from '../errors/app-error.js';
import { EventBus } from '../events/event-bus.js';
import { TaskEnd } from '../events/task-end.js';
import { OwnerLimits } from '../limits/owner-limits.js';
import type { Fact } from './facts.js';
import { isOpen } from './task-state.js';
import type { TaskView } from './task-response.js';
import { TaskRepository } from './task.repository.js';
import { TaskWriter } from './task-writer.js';

/** How long to wait for the end of a task: at most `seconds`, or until `signal` tells that the waiter is gone. */
export interface Patience {
  seconds: number;
  signal: AbortSignal;
}

/** What a person wants to happen to a task. */
export interface Wish {
  fact: Fact;
  /** What the person is told where the state table does not have it. */
  refusal: AppError;
  /** What has to be done in the same transaction, before the task is locked. What it throws refuses the wish. */
  before?: (manager: EntityManager, task: TaskView) => Promise<void>;
  /** What has to be done in the same transaction, once it has happened. */
  after?: (manager: EntityManager, task: TaskView) => Promise<void>;
}

/** What can be done with a task that exists: read it, wait for its end, cancel it, have a wish about it fulfilled. */
@Injectable()
export class TasksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly taskEnd: TaskEnd,
    private readonly bus: EventBus,
    private readonly auditLog: AuditLog,
    private readonly limits: OwnerLimits,
  ) {}

  /** @throws AppError `not_found`, also for another owner's task */
  async get(caller: Caller, id: string, manager?: EntityManager): Promise<TaskView> {
    const task = isUuid(id) ? await this.tasks.find(id, visibleOwner(caller), manager) : null;
    if (!task) throw new AppError('not_found', 'there is no such task');
    return task;
  }

  /** The task once it is over, or as it is when the patience ends. */
  async atEnd(caller: Caller, task: TaskView, { seconds, signal }: Patience): Promise<TaskView> {
    if (!isOpen(task.status) || seconds === 0) return task;
    const leave = this.limits.follow(caller.owner);
    try {
      await this.taskEnd.wait(task.id, { seq: task.seq, seconds, signal });
    } finally {
      leave();
    }
    return this.get(caller, task.id);
  }

  /** @throws AppError `not_found` or `task_terminal` */
  cancel(caller: Caller, id: string): Promise<TaskView> {
    return this.fulfil(caller, id, {
      fact: { kind: 'cancelled', by: caller.owner },
      refusal: new AppError('task_terminal', 'the task is over, there is nothing to cancel'),
    });
  }

  /** Answers with the task as the wish left it. @throws AppError `not_found` or the refusal */
  async fulfil(caller: Caller, id: string, { fact, refusal, before, after }: Wish): Promise<TaskView> {
    const seen = await this.get(caller, id);
    const { events, task } = await transact(this.dataSource, async (manager) => {
      await before?.(manager, seen);
      const { outcomes, events } = await this.writer.apply(manager, [{ taskId: seen.id, fact }]);
      if (outcomes[0]?.outcome !== 'applied') throw refusal;
      await after?.(manager, seen);
      if (seen.owner !== caller.owner)
        await this.auditLog.done(manager, { caller, action: fact.kind, target: seen.id });
      return { events, task: await this.get(caller, seen.id, manager) };
    });
    this.bus.announce(events);
    return task;
  }
}
