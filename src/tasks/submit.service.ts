import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { lockNames } from '../database/advisory-locks.js';
import { GroupCommit, type Settled } from '../database/group-commit.js';
import { splitting } from '../database/splitting.js';
import { transact } from '../database/transaction.js';
import { DispatchRepository, type OrderedGroup } from '../dispatch/dispatch.repository.js';
import { FastPath, LEASE_SECONDS } from '../dispatch/fast-path.js';
import { orderingLock } from '../dispatch/ordering.js';
import { AppError } from '../errors/app-error.js';
import { EventBus } from '../events/event-bus.js';
import { OpenTasks } from '../limits/open-tasks.js';
import { Metrics } from '../observability/metrics.js';
import { correlationLock, UniqueCorrelations } from './unique-correlations.js';
import type { Submission } from './submission.js';
import { type KnownKey, type Stamps, SubmissionRepository } from './submission.repository.js';
import type { TaskView } from './task-response.js';
import { WaitingRoom } from './waiting-room.js';

/** A durable task. `replayed`: its idempotency key had made it before. */
export interface Submitted {
  task: TaskView;
  replayed: boolean;
}

/**
 * What one commit takes at the most, in bytes; a submission counts its payload and this much for the rest. Larger ones save
 * nothing, and everybody else waits for them.
 */
const MAX_GROUP_BYTES = 1024 * 1024;
const ROW_BYTES = 4 * 1024;

/** What waits for a commit at the most, counted in the same way. */
const ROOM = { forAll: 64 * 1024 * 1024, forOne: 32 * 1024 * 1024 };

/**
 * Makes tasks durable. Concurrent submissions share one commit; when `submit` resolves, the task will be handed out,
 * whatever dies next. The broker is not waited for.
 */
@Injectable()
export class SubmitService {
  /** Submissions that need locks share no commit with those that need none, which never wait for anybody. */
  private readonly plain = this.groupCommit();
  private readonly guarded = this.groupCommit();
  private readonly waiting = new WaitingRoom(ROOM);

  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly correlations: UniqueCorrelations,
    private readonly dispatches: DispatchRepository,
    private readonly fastPath: FastPath,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
    private readonly openTasks: OpenTasks,
  ) {}

  /** @throws AppError `idempotency_key_reused`, `correlation_in_use`, `unavailable`, or `payload_invalid` if it cannot be stored */
  async submit(submission: Submission): Promise<Submitted> {
    const commits = needsLocks(submission) ? this.guarded : this.plain;
    return this.waiting.during(submission.owner, sizeOf(submission), () => commits.add(submission));
  }

  private groupCommit(): GroupCommit<Submission, Submitted> {
    return new GroupCommit({
      work: (group) => this.commitEach(group),
      maxWeight: MAX_GROUP_BYTES,
      weight: sizeOf,
      keys: exclusiveKeys,
      owner: ({ owner }) => owner,
    });
  }

  /** Commits a group. Where the database refuses one's data, that one alone fails; what was committed stays. */
  private async commitEach(group: Submission[]): Promise<Settled<Submitted>[]> {
    const settled = new Map<Submission, Settled<Submitted>>();
    await splitting(
      group,
      async (part) => {
        for (const [submission, result] of await this.commit(part)) settled.set(submission, result);
      },
      (submission, cause) => {
        const error = new AppError('payload_invalid', 'the task cannot be stored as it is', { cause });
        settled.set(submission, { error });
      },
    ).catch((error: unknown) => {
      for (const submission of group) if (!settled.has(submission)) settled.set(submission, { error });
    });
    return group.map(
      (submission) => settled.get(submission) ?? { error: new Error('a submission was lost') },
    );
  }

  private async commit(group: readonly Submission[]): Promise<Map<Submission, Settled<Submitted>>> {
    const leaseStart = performance.now();
    const toFastPath = new Set(
      group.filter(({ orderingKey, type }) => orderingKey === null && this.fastPath.isOpen(type)),
    );
    const lease = { leased: (submission: Submission) => toFastPath.has(submission), seconds: LEASE_SECONDS };
    const settled = new Map<Submission, Settled<Submitted>>();
    const stamps = group.some(needsLocks)
      ? await transact(this.submissions.dataSource, async (manager) => {
          settled.clear();
          const fresh = await this.admit(manager, group, settled);
          if (fresh.length === 0) return new Map<string, Stamps>();
          const inserted = await this.submissions.insert(fresh, lease, manager);
          await this.dispatches.advance(manager, fresh.flatMap(claimedInOrder));
          return inserted;
        })
      : await this.submissions.insert(group, lease);
    const accepted = group.flatMap((submission) => {
      const stamp = stamps.get(submission.id);
      return stamp === undefined ? [] : [{ submission, task: taskOf(submission, stamp) }];
    });
    for (const { submission, task } of accepted)
      settled.set(submission, { result: { task, replayed: false } });
    this.handOut(
      accepted.filter(({ submission }) => toFastPath.has(submission)),
      leaseStart,
    );
    this.tell(accepted);
    return settled;
  }

  /** Answers for those that are no new task, and returns the others with the locks that they need held. */
  private async admit(
    manager: EntityManager,
    group: readonly Submission[],
    settled: Map<Submission, Settled<Submitted>>,
  ): Promise<Submission[]> {
    const known = new Map(
      (await this.submissions.claimKeys(manager, group)).map((key) => [keyName(key), key]),
    );
    const unknown = group.filter((submission) => {
      const key =
        submission.idempotency &&
        known.get(keyName({ owner: submission.owner, key: submission.idempotency.key }));
      if (key) settled.set(submission, replay(submission, key));
      return !key;
    });
    await lockNames(manager, unknown.flatMap(lockNamesOf));
    const inUse = await this.correlations.inUse(manager, unknown);
    for (const submission of unknown)
      if (inUse.has(submission.id)) settled.set(submission, { error: correlationInUse(submission) });
      else if (submission.idempotency) this.count(submission, settled);
    await this.submissions.releaseKeys(
      manager,
      unknown.filter((submission) => settled.has(submission)),
    );
    return unknown.filter((submission) => !settled.has(submission));
  }

  /** A new task with an idempotency key; the others were counted before they came here. */
  private count(submission: Submission, settled: Map<Submission, Settled<Submitted>>): void {
    try {
      this.openTasks.take(submission.owner);
    } catch (error) {
      settled.set(submission, { error });
    }
  }

  private handOut(leased: { submission: Submission; task: TaskView }[], leaseStart: number): void {
    const queued = leased.filter(({ task }) => task.status === 'queued');
    const dispatches = queued.map(({ submission, task }) => ({
      taskId: task.id,
      attempt: 1,
      type: task.type,
      orderingKey: null,
      expiresAt: task.expiresAt,
      payload: task.payload,
      traceparent: submission.traceparent,
      record: null,
    }));
    this.fastPath.send(dispatches, leaseStart);
  }

  private tell(accepted: { submission: Submission; task: TaskView }[]): void {
    for (const { task } of accepted) this.metrics.tasksSubmitted.inc({ type: task.type });
    this.bus.announce(
      accepted.map(({ task: { id, status, createdAt, owner } }) => {
        return {
          taskId: id,
          seq: 1,
          type: 'submitted',
          status,
          attempt: 1,
          at: createdAt,
          owner,
          data: null,
          result: null,
        };
      }),
    );
  }
}

function sizeOf({ payloadBytes }: Submission): number {
  return payloadBytes + ROW_BYTES;
}

function needsLocks({ idempotency, orderingKey, correlationId, type }: Submission): boolean {
  return idempotency !== null || orderingKey !== null || (type.uniqueCorrelation && correlationId !== null);
}

/** Submissions that could be each other's replay, or take each other's correlation id, do not share a commit. */
function exclusiveKeys({ owner, idempotency, type, correlationId }: Submission): string[] {
  const keys: string[] = [];
  if (idempotency) keys.push(keyName({ owner, key: idempotency.key }));
  if (type.uniqueCorrelation && correlationId !== null)
    keys.push(correlationLock(type.resultTopic, correlationId));
  return keys;
}

function lockNamesOf({ type, orderingKey, correlationId }: Submission): string[] {
  const names: string[] = [];
  if (orderingKey !== null) names.push(orderingLock(type.name, orderingKey));
  if (type.uniqueCorrelation && correlationId !== null)
    names.push(correlationLock(type.resultTopic, correlationId));
  return names;
}

function claimedInOrder({ type, orderingKey }: Submission): OrderedGroup[] {
  return type.delivery === 'claim' && orderingKey !== null ? [{ type: type.name, orderingKey }] : [];
}

function keyName({ owner, key }: { owner: string; key: string }): string {
  return JSON.stringify([owner, key]);
}

function replay({ idempotency }: Submission, known: KnownKey): Settled<Submitted> {
  if (idempotency?.hash.equals(known.requestHash)) return { result: { task: known.task, replayed: true } };
  return { error: new AppError('idempotency_key_reused', 'this idempotency key made another task before') };
}

function correlationInUse({ type }: Submission): AppError {
  return new AppError(
    'correlation_in_use',
    `an open task with the result topic of ${type.name} has this correlation id`,
  );
}

function taskOf(submission: Submission, stamps: Stamps): TaskView {
  return {
    id: submission.id,
    type: submission.type.name,
    status: stamps.status,
    attempt: 1,
    maxAttempts: submission.maxAttempts,
    owner: submission.owner,
    orderingKey: submission.orderingKey,
    correlationId: submission.correlationId,
    payload: submission.payload,
    result: null,
    error: null,
    progress: 0,
    message: 'Task Received',
    seq: 1,
    createdAt: stamps.createdAt,
    updatedAt: stamps.createdAt,
    runAt: stamps.runAt,
    expiresAt: stamps.expiresAt,
    startedAt: null,
    finishedAt: null,
  };
}
