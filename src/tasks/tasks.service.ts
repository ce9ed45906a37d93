import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { visibleOwner } from '../auth/caller.js';
import { lockNames } from '../database/advisory-locks.js';
import { transact } from '../database/transaction.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import { AppError } from '../errors/app-error.js';
import { EventBus } from '../events/event-bus.js';
import { TaskEnd } from '../events/task-end.js';
import { TaskTypes } from '../task-types/task-types.js';
import { isOpen } from './task-state.js';
import type { TaskView } from './task-response.js';
import { TaskRepository } from './task.repository.js';
import { TaskWriter, type Written } from './task-writer.js';
import { correlationLock, UniqueCorrelations } from './unique-correlations.js';

/** How long to wait for the end of a task: at most `seconds`, or until `signal` tells that the waiter is gone. */
export interface Patience {
  seconds: number;
  signal: AbortSignal;
}

/** What can be done with a task that exists: read it, wait for its end, cancel it, have it done again. */
@Injectable()
export class TasksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly deadLetters: DeadLetterRepository,
    private readonly correlations: UniqueCorrelations,
    private readonly taskTypes: TaskTypes,
    private readonly taskEnd: TaskEnd,
    private readonly bus: EventBus,
  ) {}

  /** @throws AppError `not_found`, also for another owner's task */
  async get(caller: Caller, id: string): Promise<TaskView> {
    return this.visible(caller, id);
  }

  /** The task once it is over, or as it is when the patience ends. */
  async atEnd(caller: Caller, task: TaskView, { seconds, signal }: Patience): Promise<TaskView> {
    if (!isOpen(task.status) || seconds === 0) return task;
    await this.taskEnd.wait(task.id, { seq: task.seq, seconds, signal });
    return this.visible(caller, task.id);
  }

  /** @throws AppError `not_found` or `task_terminal` */
  async cancel(caller: Caller, id: string): Promise<TaskView> {
    await this.visible(caller, id);
    return this.change(caller, id, async (manager) => {
      const fact = { kind: 'cancelled', by: caller.owner } as const;
      const written = await this.writer.apply(manager, [{ taskId: id, fact }]);
      refuseUnlessApplied(
        written,
        new AppError('task_terminal', 'the task is over, there is nothing to cancel'),
      );
      return written;
    });
  }

  /** @throws AppError `not_found`, `task_not_retryable` or `correlation_in_use` */
  async retry(caller: Caller, id: string): Promise<TaskView> {
    const task = await this.visible(caller, id);
    return this.change(caller, id, async (manager) => {
      await this.keepCorrelationUnique(manager, task);
      const fact = { kind: 'retried', by: caller.owner } as const;
      const written = await this.writer.apply(manager, [{ taskId: id, fact }]);
      refuseUnlessApplied(
        written,
        new AppError('task_not_retryable', 'only a failed, dead-lettered or expired task can be retried'),
      );
      await this.deadLetters.markRedriven(manager, id, caller.owner);
      return written;
    });
  }

  private async visible(caller: Caller, id: string, manager?: EntityManager): Promise<TaskView> {
    const task = isUuid(id) ? await this.tasks.find(id, visibleOwner(caller), manager) : null;
    if (!task) throw new AppError('not_found', 'there is no such task');
    return task;
  }

  private async change(
    caller: Caller,
    id: string,
    work: (manager: EntityManager) => Promise<Written>,
  ): Promise<TaskView> {
    const { written, task } = await transact(this.dataSource, async (manager) => {
      const written = await work(manager);
      return { written, task: await this.visible(caller, id, manager) };
    });
    this.bus.announce(written.events);
    return task;
  }

  private async keepCorrelationUnique(
    manager: EntityManager,
    { id, type: name, correlationId }: TaskView,
  ): Promise<void> {
    const type = this.taskTypes.orDefault(name);
    if (!type.uniqueCorrelation || correlationId === null) return;
    await lockNames(manager, [correlationLock(type.resultTopic, correlationId)]);
    const inUse = await this.correlations.inUse(manager, [{ id, type, correlationId }]);
    if (inUse.has(id)) throw new AppError('correlation_in_use', 'another open task has this correlation id');
  }
}

function refuseUnlessApplied({ outcomes: [outcome] }: Written, refusal: AppError): void {
  if (outcome?.outcome !== 'applied') throw refusal;
}
