import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { AuditLog } from '../../audit/audit-log.js';
import type { Caller } from '../../auth/caller.js';
import { faultOf } from '../../database/fault.js';
import { transact } from '../../database/transaction.js';
import { AppError } from '../../errors/app-error.js';
import { EventBus } from '../../events/event-bus.js';
import { Metrics } from '../../observability/metrics.js';
import type { TaskType } from '../../task-types/task-type.js';
import { TaskTypes } from '../../task-types/task-types.js';
import { invalidField } from '../../tasks/invalid-field.js';
import { TaskRepository } from '../../tasks/task.repository.js';
import type { DeadLetter } from '../dead-letter.entity.js';
import { DeadLetterRepository } from '../dead-letter.repository.js';
import { LetterHistory } from '../letter-history.js';
import type { Mend } from './mend.js';
import { mendedTask, type MendedTask } from './mended-task.js';
import { payloadChanges, recordChanges } from './mend-changes.js';
import { RedrivenLetterRepository } from './redriven-letter.repository.js';
import { Redriving, type SkipReason } from './redriving.js';

const REFUSALS: Record<SkipReason, (cause?: unknown) => AppError> = {
  not_open: () => new AppError('dead_letter_not_open', 'the letter is closed, or its record is on its way'),
  task_moved_on: () =>
    new AppError('task_not_redrivable', 'its task is not dead-lettered (any more); the letter moves nothing'),
  correlation_in_use: () =>
    new AppError('correlation_in_use', "another open task has its task's correlation id"),
  topic_unknown: () =>
    new AppError('dead_letter_without_topic', 'nothing tells which topic the record came from'),
  no_transport: () =>
    new AppError(
      'dead_letter_without_topic',
      'this installation has no transport to send the record through',
    ),
  unprocessable: (cause) =>
    new AppError('payload_invalid', 'the letter cannot be sent as it is, or was mended', { cause }),
  truncated: () =>
    new AppError(
      'dead_letter_truncated',
      'whoever wrote the letter cut its value: give the whole value to send it',
    ),
};

/** What an operator does with one letter: sends it again, mended or as it is, or closes it for good. */
@Injectable()
export class RedriveService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly deadLetters: DeadLetterRepository,
    private readonly letters: RedrivenLetterRepository,
    private readonly history: LetterHistory,
    private readonly redriving: Redriving,
    private readonly tasks: TaskRepository,
    private readonly taskTypes: TaskTypes,
    private readonly bus: EventBus,
    private readonly auditLog: AuditLog,
    private readonly metrics: Metrics,
  ) {}

  /**
   * When it resolves, the letter will be sent, whatever dies next.
   *
   * @throws AppError `not_found`, `dead_letter_not_open`, `task_not_redrivable`, `correlation_in_use`,
   *   `dead_letter_truncated`, `dead_letter_without_topic`, `invalid_request`, `payload_invalid`, `payload_too_large`
   */
  async redrive(caller: Caller, id: string, mend: Mend, note: string | null): Promise<DeadLetter> {
    const letter = await this.get(id);
    const checked = await this.check(letter, mend);
    const wish = { by: caller.owner, note, redriveId: null, mend, ...checked };
    const events = await this.transact(async (manager) => {
      const redriven = await this.redriving.redrive(manager, [letter.id], wish);
      const outcome = redriven.outcomes.get(letter.id) ?? 'not_open';
      if (outcome !== 'redriven' && outcome !== 'pending') throw REFUSALS[outcome]();
      await this.auditLog.done(manager, { caller, action: 'redriven', target: letter.id });
      return redriven.events;
    });
    this.bus.announce(events);
    if (events.length > 0) this.metrics.deadLettersRedriven.inc({ outcome: 'sent' });
    return this.get(id);
  }

  /** @throws AppError `not_found` or `dead_letter_not_open` */
  async discard(caller: Caller, id: string, note: string): Promise<DeadLetter> {
    const letter = await this.get(id);
    await transact(this.dataSource, async (manager) => {
      if (!(await this.letters.discard(manager, letter.id, note))) throw REFUSALS.not_open();
      await this.history.add(manager, [
        { deadLetterId: letter.id, action: 'discarded', by: caller.owner, redriveId: null, note },
      ]);
      await this.auditLog.done(manager, { caller, action: 'discarded', target: letter.id });
    });
    return this.get(id);
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<DeadLetter> {
    const letter = isUuid(id) ? await this.deadLetters.find(id) : null;
    if (!letter) throw new AppError('not_found', 'there is no such dead letter');
    return letter;
  }

  /** What the database cannot hold, for example because it is nested too deeply for it, is the letter's or the mend's fault. */
  private async transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await transact(this.dataSource, work);
    } catch (error) {
      throw faultOf(error) === 'record' ? REFUSALS.unprocessable(error) : error;
    }
  }

  /** What a mend means for the letter's task or record, checked where it can be. */
  private async check(
    letter: DeadLetter,
    mend: Mend,
  ): Promise<{ task: MendedTask | null; changes: string | null }> {
    const task =
      letter.kind === 'request' && letter.taskId !== null ? await this.tasks.find(letter.taskId, null) : null;
    if (!task) return { task: null, changes: recordChanges(letter, mend) };
    const type = this.taskTypes.orDefault(task.type);
    checkParts(mend, type);
    const mended = mend.value === undefined ? null : mendedTask(mend.value, task, type);
    return {
      task: mended,
      changes: payloadChanges(letter, mend, task.payload, mended?.payload ?? null),
    };
  }
}

/** Whoever claims a task gets its payload: a key or headers would reach nobody. */
function checkParts({ key, headers }: Mend, { name, delivery }: TaskType): void {
  if (delivery !== 'claim') return;
  const reason = `must not be given: tasks of the type ${name} are claimed, there is no record`;
  if (key !== undefined) throw invalidField('key', reason);
  if (headers !== undefined) throw invalidField('headers', reason);
}
