import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { blamingRecords } from '../database/fault.js';
import { TaskTypes } from '../task-types/task-types.js';
import { TaskRepository } from '../tasks/task.repository.js';
import { CorrelationRepository, type Asked } from './correlation.repository.js';
import type { DecodedResult } from './decode-result.js';
import { RecordError } from './record-error.js';

/** What names a task in a result record. */
export interface Naming extends Pick<DecodedResult, 'taskId' | 'key' | 'headerTaskId'> {
  /** The result topic that it came on. */
  topic: string;
  /** The record's time. */
  at: Date;
}

/** The task that a record speaks of: found, `late` (only tasks that have ended had this correlation id), or none. */
export type Found = { taskId: string } | 'late' | RecordError;

/** A worker's clock, or the broker's, may be this much behind the database's. */
const CLOCK_TOLERANCE_MS = 2_000;

/** Finds the tasks that result records speak of: by an id that exists, else by correlation id. Never guesses. */
@Injectable()
export class FindTasks {
  constructor(
    private readonly tasks: TaskRepository,
    private readonly correlations: CorrelationRepository,
    private readonly taskTypes: TaskTypes,
  ) {}

  async find(manager: EntityManager, namings: readonly Naming[]): Promise<Found[]> {
    const named = namings.map(idsOf);
    const existing = await this.existing(manager, named);
    const byId = named.map((ids) => ids.find((id) => existing.has(id)));
    const others = namings.filter((_, index) => byId[index] === undefined);
    const byCorrelation = await this.findByCorrelation(manager, others);
    return namings.map((naming, index) => {
      const taskId = byId[index];
      return taskId === undefined ? (byCorrelation.get(naming) ?? unknownTask(naming)) : { taskId };
    });
  }

  /**
   * The tasks that ids name. Where all records may name theirs so, they are locked in passing: to look and then to lock would
   * be a round trip more. Otherwise they are locked later, together with those of the correlation ids, in the order of all.
   */
  private async existing(manager: EntityManager, named: readonly string[][]): Promise<ReadonlySet<string>> {
    const ids = [...new Set(named.flat())];
    if (named.some((own) => own.length === 0))
      return new Set((await this.tasks.existing(manager, ids)).keys());
    const { tasks } = await this.tasks.lock(manager, ids, { skipLocked: false });
    return new Set(tasks.map(({ id }) => id));
  }

  private async findByCorrelation(
    manager: EntityManager,
    namings: readonly Naming[],
  ): Promise<Map<Naming, Found>> {
    const asked = blamingRecords(() => namings.flatMap((naming) => this.asked(naming)));
    const open = await this.correlations.open(manager, asked);
    const found = new Map<Naming, Found>();
    asked.forEach(({ naming, correlationId }, index) => {
      const [first, second] = open[index] ?? [];
      // The first of a record's names that open tasks have counts.
      if (first === undefined || found.has(naming)) return;
      found.set(naming, second === undefined ? { taskId: first } : ambiguous(correlationId));
    });
    await this.findLate(
      manager,
      namings.filter((naming) => !found.has(naming)),
      found,
    );
    return found;
  }

  private asked(naming: Naming): (Asked & { naming: Naming })[] {
    const types = this.taskTypes.namesByResultTopic(naming.topic);
    const latest = new Date(naming.at.getTime() + CLOCK_TOLERANCE_MS);
    return correlationIdsOf(naming).map((correlationId) => ({ naming, correlationId, types, latest }));
  }

  private async findLate(
    manager: EntityManager,
    namings: readonly Naming[],
    found: Map<Naming, Found>,
  ): Promise<void> {
    for (const topic of distinct(namings.map((naming) => naming.topic))) {
      const onTopic = namings.filter((naming) => naming.topic === topic);
      const types = this.taskTypes.namesByResultTopic(topic);
      const ended = await this.correlations.ended(
        manager,
        distinct(onTopic.flatMap(correlationIdsOf)),
        types,
      );
      for (const naming of onTopic) {
        if (correlationIdsOf(naming).some((id) => ended.has(id))) found.set(naming, 'late');
      }
    }
  }
}

function idsOf({ taskId, key, headerTaskId }: Naming): string[] {
  return [taskId, key, headerTaskId].flatMap((id) => (id !== null && isUuid(id) ? [id.toLowerCase()] : []));
}

function correlationIdsOf({ taskId, key }: Naming): string[] {
  return [taskId, key].filter((id) => id !== null);
}

function ambiguous(correlationId: string): RecordError {
  return new RecordError(
    'correlation_ambiguous',
    `More than one open task has the correlation id ${correlationId}.`,
  );
}

function unknownTask({ taskId, key, headerTaskId }: Naming): RecordError {
  const name = taskId ?? key ?? headerTaskId ?? '';
  return new RecordError('unknown_task', `No task has the id or correlation id ${name.slice(0, 100)}.`);
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
