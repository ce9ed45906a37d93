import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { lockNames } from '../database/advisory-locks.js';
import { orderingLock } from '../dispatch/ordering.js';
import { AppError } from '../errors/app-error.js';
import type { TaskType } from '../task-types/task-type.js';
import { TaskTypes } from '../task-types/task-types.js';
import { SubmissionRepository } from './submission.repository.js';
import type { TaskView } from './task-response.js';

/** The name of the advisory lock that is held while a correlation id is looked up and taken. */
export function correlationLock(resultTopic: string, correlationId: string): string {
  return `taskwire correlation ${JSON.stringify([resultTopic, correlationId])}`;
}

/** The rule of types with `uniqueCorrelation`: one open task of a result topic with a correlation id at a time. */
@Injectable()
export class UniqueCorrelations {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly taskTypes: TaskTypes,
  ) {}

  /**
   * Reserves the correlation id of a task that is about to be opened again, to the end of the transaction.
   *
   * @throws AppError `correlation_in_use`
   */
  async take(
    manager: EntityManager,
    { id, type: name, correlationId, orderingKey }: TaskView,
  ): Promise<void> {
    const type = this.taskTypes.orDefault(name);
    if (!type.uniqueCorrelation || correlationId === null) return;
    // Together with the lock that opening the task needs, in the order that everybody keeps.
    const names = orderingKey === null ? [] : [orderingLock(name, orderingKey)];
    await lockNames(manager, [correlationLock(type.resultTopic, correlationId), ...names]);
    const inUse = await this.inUse(manager, [{ id, type, correlationId }]);
    if (inUse.has(id)) throw new AppError('correlation_in_use', 'another open task has this correlation id');
  }

  /** The ids of those tasks whose correlation id another open task has. The caller holds their locks. */
  async inUse(
    manager: EntityManager,
    tasks: readonly { id: string; type: TaskType; correlationId: string | null }[],
  ): Promise<Set<string>> {
    const unique = tasks.flatMap(({ id, type, correlationId }) =>
      type.uniqueCorrelation && correlationId !== null ? [{ id, type, correlationId }] : [],
    );
    const found = await this.submissions.correlationsInUse(
      manager,
      unique.map(({ correlationId }) => correlationId),
      unique.map(({ id }) => id),
    );
    const taken = new Set(
      found.map(({ correlationId, type }) =>
        correlationLock(this.taskTypes.orDefault(type).resultTopic, correlationId),
      ),
    );
    return new Set(
      unique
        .filter(({ type, correlationId }) => taken.has(correlationLock(type.resultTopic, correlationId)))
        .map(({ id }) => id),
    );
  }
}
