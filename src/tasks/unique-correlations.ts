import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { lockNames } from '../database/advisory-locks.js';
import { orderingLock } from '../dispatch/ordering.js';
import { AppError } from '../errors/app-error.js';
import type { TaskType } from '../task-types/task-type.js';
import { TaskTypes } from '../task-types/task-types.js';
import type { TaskView } from './task-response.js';

/** The name of the advisory lock that is held while a correlation id is looked up and taken. */
export function correlationLock(resultTopic: string, correlationId: string): string {
  return `taskwire correlation ${JSON.stringify([resultTopic, correlationId])}`;
}

const IN_USE = `
  SELECT d.correlation_id AS "correlationId", d.type FROM dispatches AS d
  WHERE d.correlation_id = ANY($1::text[]) AND d.task_id <> ALL($2::uuid[])`;

/** What of a task that is about to be opened again its locks depend on. */
export type ReopenedTask = Pick<TaskView, 'id' | 'type' | 'correlationId' | 'orderingKey'>;

/** The rule of types with `uniqueCorrelation`: one open task of a result topic with a correlation id at a time. */
@Injectable()
export class UniqueCorrelations {
  constructor(private readonly taskTypes: TaskTypes) {}

  /**
   * Reserves the correlation id of a task that is about to be opened again, to the end of the transaction.
   *
   * @throws AppError `correlation_in_use`
   */
  async take(manager: EntityManager, task: ReopenedTask): Promise<void> {
    const refused = await this.takeEach(manager, [task]);
    if (refused.has(task.id))
      throw new AppError('correlation_in_use', 'another open task has this correlation id');
  }

  /** The same for many; answers with the ids of those whose correlation id is in use, by one of them or by another task. */
  async takeEach(manager: EntityManager, tasks: readonly ReopenedTask[]): Promise<Set<string>> {
    const unique = tasks.flatMap(({ id, type: name, correlationId, orderingKey }) => {
      const type = this.taskTypes.orDefault(name);
      return type.uniqueCorrelation && correlationId !== null
        ? [{ id, type, name, correlationId, orderingKey }]
        : [];
    });
    // Together with the locks that opening the tasks needs, in the order that everybody keeps.
    await lockNames(
      manager,
      unique.flatMap(({ type, name, correlationId, orderingKey }) => [
        correlationLock(type.resultTopic, correlationId),
        ...(orderingKey === null ? [] : [orderingLock(name, orderingKey)]),
      ]),
    );
    const refused = await this.inUse(manager, unique);
    const taken = new Set<string>();
    for (const { id, type, correlationId } of unique) {
      const lock = correlationLock(type.resultTopic, correlationId);
      if (taken.has(lock)) refused.add(id);
      if (!refused.has(id)) taken.add(lock);
    }
    return refused;
  }

  /** The ids of those tasks whose correlation id another open task has. The caller holds their locks. */
  async inUse(
    manager: EntityManager,
    tasks: readonly { id: string; type: TaskType; correlationId: string | null }[],
  ): Promise<Set<string>> {
    const unique = tasks.flatMap(({ id, type, correlationId }) =>
      type.uniqueCorrelation && correlationId !== null ? [{ id, type, correlationId }] : [],
    );
    if (unique.length === 0) return new Set();
    const found: { correlationId: string; type: string }[] = await manager.query(IN_USE, [
      unique.map(({ correlationId }) => correlationId),
      unique.map(({ id }) => id),
    ]);
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
