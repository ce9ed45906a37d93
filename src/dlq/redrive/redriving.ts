import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { blamingRecords } from '../../database/fault.js';
import { splitting } from '../../database/splitting.js';
import { toSavepoint } from '../../database/transaction.js';
import { DispatchRepository } from '../../dispatch/dispatch.repository.js';
import type { RecordedEvent } from '../../events/event.js';
import { decodeHeaders, type EncodedHeaders } from '../../json/text-or-base64.js';
import { TaskRepository } from '../../tasks/task.repository.js';
import { TaskWriter, type TaskFact } from '../../tasks/task-writer.js';
import { UniqueCorrelations } from '../../tasks/unique-correlations.js';
import { NoTransport } from '../../transport/no-transport.js';
import { TRANSPORT, type Transport } from '../../transport/transport.js';
import { attemptIn } from '../attempt-in.js';
import { IS_DEAD_LETTER_TOPIC, type IsDeadLetterTopic } from '../dead-letter-topics.js';
import { LetterHistory, type NewAction } from '../letter-history.js';
import { addedParts, type Mend } from './mend.js';
import type { MendedTask } from './mended-task.js';
import {
  RedrivenLetterRepository,
  type LetterHead,
  type RedriveOrder,
} from './redriven-letter.repository.js';

/** Why a letter was not sent again. */
export type SkipReason =
  | 'not_open'
  | 'task_moved_on'
  | 'correlation_in_use'
  | 'truncated'
  | 'topic_unknown'
  | 'no_transport'
  | 'unprocessable';

/**
 * What became of a letter: `redriven` with its task, whose request goes the way of every request; `pending` where its record has
 * to be sent; or left as it was.
 */
export type RedriveOutcome = 'redriven' | 'pending' | SkipReason;

/** What is to be done with letters. */
export interface RedriveWish extends RedriveOrder {
  mend: Mend;
  /** What the mend makes of the letter's task; null leaves it. */
  task: MendedTask | null;
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
  private readonly logger = new Logger(Redriving.name);

  constructor(
    private readonly letters: RedrivenLetterRepository,
    private readonly history: LetterHistory,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly correlations: UniqueCorrelations,
    private readonly dispatches: DispatchRepository,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(IS_DEAD_LETTER_TOPIC) private readonly isDeadLetterTopic: IsDeadLetterTopic,
  ) {}

  /**
   * The same for letters that nobody looks at one by one: where one is at fault it is left out, and costs the others a second try and
   * nothing else.
   */
  async redriveEach(manager: EntityManager, ids: readonly string[], wish: RedriveWish): Promise<Redriven> {
    const outcomes = new Map<string, RedriveOutcome>();
    const events: RecordedEvent[] = [];
    await splitting(
      ids,
      async (part) => {
        const done = await this.redriveOrNone(manager, part, wish);
        for (const [id, outcome] of done.outcomes) outcomes.set(id, outcome);
        events.push(...done.events);
      },
      async (id, err) => {
        this.logger.warn({ message: 'A dead letter cannot be redriven', deadLetterId: id, err });
        outcomes.set(id, 'unprocessable');
        await this.history.add(manager, [skipped(id, wish, 'unprocessable')]);
      },
    );
    return { outcomes, events };
  }

  /** Where it throws, nothing of it stays, and the transaction goes on. */
  private async redriveOrNone(
    manager: EntityManager,
    ids: readonly string[],
    wish: RedriveWish,
  ): Promise<Redriven> {
    try {
      return await toSavepoint(manager, (savepoint) => this.redrive(savepoint, ids, wish));
    } catch (error) {
      this.tasks.forgetLocks(manager);
      throw error;
    }
  }

  /** @throws what the letters, the mend or the infrastructure is at fault for; nothing of it may be committed then */
  async redrive(manager: EntityManager, ids: readonly string[], wish: RedriveWish): Promise<Redriven> {
    const refused = await this.lockTasks(manager, await this.letters.kinds(manager, ids), wish);
    const free = await this.letters.lockFree(manager, ids);
    const outcomes = new Map<string, RedriveOutcome>(ids.map((id) => [id, 'not_open']));
    const ofTasks: (LetterHead & { taskId: string })[] = [];
    for (const letter of free) {
      const { id, kind, taskId } = letter;
      if (kind !== 'request' || taskId === null) outcomes.set(id, this.outcomeOfRecord(letter, wish));
      else if (refused.has(taskId)) outcomes.set(id, 'correlation_in_use');
      else ofTasks.push({ ...letter, taskId });
    }
    const { events, closed } = await this.reviveTasks(manager, ofTasks, wish, outcomes);
    const pending = free.map(({ id }) => id).filter((id) => outcomes.get(id) === 'pending');
    await this.letters.intend(manager, pending, wish, mendText(wish.mend));
    await this.noteAll(
      manager,
      free.filter(({ id }) => !closed.has(id)),
      wish,
      outcomes,
    );
    return { outcomes, events };
  }

  /** Tasks before letters, as in a person's retry; answers with those that may not be opened. */
  private async lockTasks(
    manager: EntityManager,
    heads: readonly Pick<LetterHead, 'kind' | 'taskId'>[],
    { task: mended }: RedriveWish,
  ): Promise<Set<string>> {
    const ids = heads.flatMap(({ kind, taskId }) => (kind === 'request' && taskId !== null ? [taskId] : []));
    if (ids.length === 0) return new Set();
    const reopened = await this.tasks.reopened(manager, ids);
    const refused = await this.correlations.takeEach(
      manager,
      mended ? reopened.map((task) => ({ ...task, correlationId: mended.correlationId })) : reopened,
    );
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
  ): Promise<{ events: RecordedEvent[]; closed: ReadonlySet<string> }> {
    const { by, mend, task, changes } = wish;
    const facts = blamingRecords(() =>
      letters.map(({ id: deadLetterId, taskId, headers }): TaskFact => {
        const attempt = attemptIn(decodeHeaders(JSON.parse(headers) as EncodedHeaders));
        return { taskId, fact: { kind: 'redriven', by, deadLetterId, attempt, changes } };
      }),
    );
    const written = await this.writer.apply(manager, facts);
    const revived = letters.filter((_, index) => written.outcomes[index]?.outcome === 'applied');
    for (const { id } of letters) outcomes.set(id, 'task_moved_on');
    for (const { id } of revived) outcomes.set(id, 'redriven');
    const additions = blamingRecords(() =>
      revived.flatMap((letter) => {
        const record = addedParts(letter, mend);
        return record === null ? [] : [{ taskId: letter.taskId, record }];
      }),
    );
    await this.dispatches.addToRecords(manager, additions);
    if (task) {
      for (const { taskId } of revived) {
        await this.tasks.mend(manager, taskId, task);
        await this.dispatches.correlate(manager, taskId, task.correlationId);
      }
    }
    await this.letters.close(
      manager,
      revived.map(({ id }) => id),
      wish,
    );
    const taskIds = revived.map(({ taskId }) => taskId);
    return { events: written.events, closed: await this.letters.closeOthers(manager, taskIds, wish) };
  }

  private async noteAll(
    manager: EntityManager,
    letters: readonly LetterHead[],
    wish: RedriveWish,
    outcomes: ReadonlyMap<string, RedriveOutcome>,
  ): Promise<void> {
    const { by, redriveId, note, changes } = wish;
    const actions = letters.map(({ id: deadLetterId }): NewAction => {
      const outcome = outcomes.get(deadLetterId) ?? 'not_open';
      return outcome === 'redriven' || outcome === 'pending'
        ? { deadLetterId, action: 'redriven', by, redriveId, note, changes }
        : skipped(deadLetterId, wish, outcome);
    });
    await this.history.add(manager, actions);
  }
}

function skipped(deadLetterId: string, { by, redriveId, note }: RedriveOrder, reason: SkipReason): NewAction {
  return { deadLetterId, action: 'skipped', by, redriveId, note, reason };
}

function mendText(mend: Mend): string | null {
  return Object.keys(mend).length === 0 ? null : JSON.stringify(mend);
}
