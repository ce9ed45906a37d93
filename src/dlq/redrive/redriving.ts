import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DispatchRepository } from '../../dispatch/dispatch.repository.js';
import type { RecordedEvent } from '../../events/event.js';
import { decodeHeaders, type EncodedHeaders } from '../../json/text-or-base64.js';
import { TaskRepository } from '../../tasks/task.repository.js';
import { TaskWriter } from '../../tasks/task-writer.js';
import { UniqueCorrelations } from '../../tasks/unique-correlations.js';
import { NoTransport } from '../../transport/no-transport.js';
import { TRANSPORT, type Transport } from '../../transport/transport.js';
import { attemptIn } from '../attempt-in.js';
import { IS_DEAD_LETTER_TOPIC, type IsDeadLetterTopic } from '../dead-letter-topics.js';
import { addedParts, type Mend } from './mend.js';
import {
  RedrivenLetterRepository,
  type LetterHead,
  type RedriveOrder,
} from './redriven-letter.repository.js';

/** Why a letter was not sent again. */
export type SkipReason =
  'not_open' | 'task_moved_on' | 'correlation_in_use' | 'truncated' | 'topic_unknown' | 'no_transport';

/**
 * What became of a letter: `redriven` with its task, whose request goes the way of every request; `pending` where its record has
 * to be sent; or left as it was.
 */
export type RedriveOutcome = 'redriven' | 'pending' | SkipReason;

/** What is to be done with letters. */
export interface RedriveWish extends RedriveOrder {
  mend: Mend;
  /** The payload that replaces the task's, as JSON text; null leaves it. */
  payload: string | null;
  /** JSON text: what that and the mend change; null for nothing. */
  changes: string | null;
}

export interface Redriven {
  /** One for each letter, by its id. */
  outcomes: Map<string, RedriveOutcome>;
  /** To be announced after the commit. */
  events: RecordedEvent[];
}

/**
 * The one step by which letters are sent again, for one or five hundred, within the caller's transaction: it commits the intent,
 * nothing is sent here. The letter of a request brings its task back, if that still waits for it; any other letter is marked
 * for `RedriveSender`. Each letter is locked and looked at again first, so that of any number of wishes one counts.
 */
@Injectable()
export class Redriving {
  constructor(
    private readonly letters: RedrivenLetterRepository,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly correlations: UniqueCorrelations,
    private readonly dispatches: DispatchRepository,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(IS_DEAD_LETTER_TOPIC) private readonly isDeadLetterTopic: IsDeadLetterTopic,
  ) {}

  async redrive(manager: EntityManager, ids: readonly string[], wish: RedriveWish): Promise<Redriven> {
    const refused = await this.lockTasks(manager, await this.letters.kinds(manager, ids));
    const free = await this.letters.lockFree(manager, ids);
    const outcomes = new Map<string, RedriveOutcome>(ids.map((id) => [id, 'not_open']));
    const ofTasks: (LetterHead & { taskId: string })[] = [];
    for (const letter of free) {
      const { id, kind, taskId } = letter;
      if (kind !== 'request' || taskId === null) outcomes.set(id, this.outcomeOfRecord(letter, wish));
      else if (refused.has(taskId)) outcomes.set(id, 'correlation_in_use');
      else ofTasks.push({ ...letter, taskId });
    }
    const events = await this.reviveTasks(manager, ofTasks, wish, outcomes);
    const pending = free.map(({ id }) => id).filter((id) => outcomes.get(id) === 'pending');
    await this.letters.intend(manager, pending, wish, mendText(wish.mend));
    await this.noteAll(manager, free, wish, outcomes);
    return { outcomes, events };
  }

  /** Tasks before letters, as in a person's retry; answers with those that may not be opened. */
  private async lockTasks(
    manager: EntityManager,
    heads: readonly Pick<LetterHead, 'kind' | 'taskId'>[],
  ): Promise<Set<string>> {
    const ids = heads.flatMap(({ kind, taskId }) => (kind === 'request' && taskId !== null ? [taskId] : []));
    if (ids.length === 0) return new Set();
    const refused = await this.correlations.takeEach(manager, await this.tasks.reopened(manager, ids));
    await this.tasks.lock(manager, ids, { skipLocked: false });
    return refused;
  }

  /** A record whose topic nobody knows would only come back as the dead letter that it is. */
  private outcomeOfRecord({ topic, truncated }: LetterHead, { mend }: RedriveWish): RedriveOutcome {
    if (this.transport instanceof NoTransport) return 'no_transport';
    if (this.isDeadLetterTopic(topic)) return 'topic_unknown';
    return truncated && mend.value === undefined ? 'truncated' : 'pending';
  }

  private async reviveTasks(
    manager: EntityManager,
    letters: readonly (LetterHead & { taskId: string })[],
    wish: RedriveWish,
    outcomes: Map<string, RedriveOutcome>,
  ): Promise<RecordedEvent[]> {
    const { by, mend, payload, changes } = wish;
    const written = await this.writer.apply(
      manager,
      letters.map(({ id: deadLetterId, taskId, headers }) => {
        const attempt = attemptIn(decodeHeaders(JSON.parse(headers) as EncodedHeaders));
        return { taskId, fact: { kind: 'redriven', by, deadLetterId, attempt, changes } };
      }),
    );
    const revived = letters.filter((_, index) => written.outcomes[index]?.outcome === 'applied');
    for (const { id } of letters) outcomes.set(id, 'task_moved_on');
    for (const { id } of revived) outcomes.set(id, 'redriven');
    const additions = revived.flatMap((letter) => {
      const record = addedParts(letter, mend);
      return record === null ? [] : [{ taskId: letter.taskId, record }];
    });
    await this.dispatches.addToRecords(manager, additions);
    if (payload !== null)
      for (const { taskId } of revived) await this.tasks.replacePayload(manager, taskId, payload);
    await this.letters.close(
      manager,
      revived.map(({ id }) => id),
      wish,
    );
    await this.letters.closeOthers(
      manager,
      revived.map(({ taskId }) => taskId),
      wish,
    );
    return written.events;
  }

  private async noteAll(
    manager: EntityManager,
    letters: readonly LetterHead[],
    { by, redriveId, note, changes }: RedriveWish,
    outcomes: ReadonlyMap<string, RedriveOutcome>,
  ): Promise<void> {
    const actions = letters.map(({ id: deadLetterId }) => {
      const outcome = outcomes.get(deadLetterId);
      return outcome === 'redriven' || outcome === 'pending'
        ? ({ deadLetterId, action: 'redriven', by, redriveId, note, changes } as const)
        : ({ deadLetterId, action: 'skipped', by, redriveId, note, reason: outcome } as const);
    });
    await this.letters.note(manager, actions);
  }
}

function mendText(mend: Mend): string | null {
  return Object.keys(mend).length === 0 ? null : JSON.stringify(mend);
}
