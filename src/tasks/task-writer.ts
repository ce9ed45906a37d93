import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { lockNames } from '../database/advisory-locks.js';
import { blamingRecords } from '../database/fault.js';
import { withCommit } from '../database/transaction.js';
import {
  DispatchRepository,
  type OrderedGroup,
  type StandingDispatch,
} from '../dispatch/dispatch.repository.js';
import { orderingLock } from '../dispatch/ordering.js';
import { readyState } from '../dispatch/ready-state.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import { letterOfTask, type NewDeadLetter } from '../dlq/letter.js';
import { appendEvents } from '../events/append.js';
import type { RecordedEvent } from '../events/event.js';
import { TaskTypes } from '../task-types/task-types.js';
import type { Fact, Outcome } from './facts.js';
import { fold, type LockedTask, type TaskChange } from './fold.js';
import { TaskRepository } from './task.repository.js';

/** A fact and the task that it speaks of. */
export interface TaskFact {
  taskId: string;
  fact: Fact;
}

/** What became of facts. Events are to be announced, and letters to be counted, after the commit. */
export interface Written {
  /** One for each fact, in order; null where the task does not exist (or, with `skipLocked`, is being changed). */
  outcomes: (Outcome | null)[];
  events: RecordedEvent[];
  /** Of tasks whose budget was used up without an answer, which only timers find. */
  letters: readonly NewDeadLetter[];
}

/**
 * Every write to tasks that exist, from whatever door, is these three steps, for one task or five hundred: lock the
 * tasks in order, fold the facts of each through the state table, write what changed. Runs inside the caller's
 * transaction.
 */
@Injectable()
export class TaskWriter {
  constructor(
    private readonly tasks: TaskRepository,
    private readonly dispatches: DispatchRepository,
    private readonly deadLetters: DeadLetterRepository,
    private readonly taskTypes: TaskTypes,
  ) {}

  async apply(
    manager: EntityManager,
    facts: readonly TaskFact[],
    options = { skipLocked: false },
  ): Promise<Written> {
    if (facts.length === 0) return { outcomes: [], events: [], letters: [] };
    const byTask = new Map<string, TaskFact[]>();
    for (const fact of facts) byTask.set(fact.taskId, [...(byTask.get(fact.taskId) ?? []), fact]);
    const locked = await this.tasks.lock(manager, [...byTask.keys()], options);
    const { changes, outcomes } = blamingRecords(() => this.foldAll(locked, byTask));
    const changed = changes.filter(({ events, dispatch }) => events.length > 0 || dispatch.kind !== 'keep');
    await this.write(manager, changed);
    const letters = await this.writeLetters(manager, changed);
    return {
      outcomes: facts.map((fact) => outcomes.get(fact) ?? null),
      events: changed.flatMap(({ events }) => events),
      letters,
    };
  }

  private foldAll(
    { tasks, now }: { tasks: LockedTask[]; now: Date },
    byTask: Map<string, TaskFact[]>,
  ): { changes: TaskChange[]; outcomes: Map<TaskFact, Outcome> } {
    const byId = new Map(tasks.map((task) => [task.id, task]));
    const outcomes = new Map<TaskFact, Outcome>();
    const changes: TaskChange[] = [];
    for (const [taskId, facts] of byTask) {
      const task = byId.get(taskId);
      if (!task) continue;
      const rules = this.taskTypes.orDefault(task.type);
      const change = fold(
        task,
        facts.map(({ fact }) => fact),
        { now, rules, random: Math.random },
      );
      change.outcomes.forEach((outcome, index) => {
        const fact = facts[index];
        if (fact) outcomes.set(fact, outcome);
      });
      changes.push(change);
    }
    return { changes, outcomes };
  }

  private async write(manager: EntityManager, changes: readonly TaskChange[]): Promise<void> {
    // A report that says nothing new renews the dispatch and leaves the task alone.
    const moved = changes.filter(({ events }) => events.length > 0);
    const ended = changes.filter(({ dispatch }) => dispatch.kind === 'end');
    const standing = changes.map((change) => this.standing(change)).filter((dispatch) => dispatch !== null);
    const advancing = this.advancing(changes);
    // Before any dispatch is touched: who holds a key's lock waits for nobody who waits for it.
    const ordered = [...standing.flatMap(orderedGroup), ...advancing];
    await lockNames(
      manager,
      ordered.map(({ type, orderingKey }) => orderingLock(type, orderingKey)),
    );
    await withCommit(manager, [
      this.tasks.update(manager, moved),
      appendEvents(
        manager,
        moved.flatMap(({ events }) => events),
      ),
      this.dispatches.end(
        manager,
        ended.map(({ task }) => task.id),
      ),
      this.dispatches.put(manager, standing),
      this.dispatches.advance(manager, advancing),
    ]);
  }

  private standing(change: TaskChange): StandingDispatch | null {
    return standingDispatch(
      change,
      readyState(this.taskTypes.orDefault(change.task.type), change.task.orderingKey),
    );
  }

  /** The keys within which another task may be the next to be claimed. */
  private advancing(changes: readonly TaskChange[]): OrderedGroup[] {
    return changes.flatMap(({ task: { type, orderingKey }, dispatch }) => {
      const isClaimed = this.taskTypes.orDefault(type).delivery === 'claim';
      return isClaimed && orderingKey !== null && dispatch.kind !== 'keep' ? [{ type, orderingKey }] : [];
    });
  }

  /** A budget that was used up without an answer leaves a letter with the payload, so that it can be redriven. */
  private async writeLetters(
    manager: EntityManager,
    changes: readonly TaskChange[],
  ): Promise<NewDeadLetter[]> {
    const exhausted = changes.flatMap(({ task, letter }) => (letter ? [{ task, letter }] : []));
    if (exhausted.length === 0) return [];
    const payloads = await this.tasks.payloads(
      manager,
      exhausted.map(({ task }) => task.id),
    );
    const letters = exhausted.map(({ task, letter }) => {
      const { requestTopic, delivery } = this.taskTypes.orDefault(task.type);
      return letterOfTask({
        id: task.id,
        attempt: task.attempt,
        attemptsUsed: task.attemptsUsed,
        topic: requestTopic,
        payload: payloads.get(task.id) ?? '{}',
        error: letter,
        copy: delivery === 'topic',
      });
    });
    await this.deadLetters.insert(manager, letters);
    return letters;
  }
}

/** Dispatches whose ordering numbers may have to be drawn. */
function orderedGroup({ state, type, orderingKey }: StandingDispatch): OrderedGroup[] {
  return orderingKey !== null && (state === 'unsent' || state === 'behind') ? [{ type, orderingKey }] : [];
}

function standingDispatch(
  { task, dispatch }: TaskChange,
  ready: ReturnType<typeof readyState>,
): StandingDispatch | null {
  const common = {
    taskId: task.id,
    attempt: task.attempt,
    type: task.type,
    owner: task.owner,
    claimableSince: null,
    lease: null,
    orderingKey: task.orderingKey,
    correlationId: task.correlationId,
    acceptedAt: task.createdAt,
    expiresAt: task.expiresAt,
  };
  switch (dispatch.kind) {
    case 'keep':
    case 'end':
      return null;
    case 'queue':
      return ready === 'unsent'
        ? { ...common, state: ready, dueAt: task.updatedAt }
        : {
            ...common,
            state: ready,
            dueAt: task.expiresAt,
            claimableSince: ready === 'claimable' ? task.updatedAt : null,
          };
    case 'schedule':
      return { ...common, state: 'scheduled', dueAt: earlier(dispatch.dueAt, task.expiresAt) };
    case 'lease':
      return { ...common, state: 'claimed', dueAt: dispatch.dueAt, lease: dispatch.lease };
    case 'in-work':
      return { ...common, state: 'sent', dueAt: dispatch.dueAt };
  }
}

/** A back-off may be longer than the task has left: its expiry must not wait for it. */
function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
