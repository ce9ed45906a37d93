import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { transact } from '../database/transaction.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import { letterOfTask } from '../dlq/letter.js';
import { EventBus } from '../events/event-bus.js';
import type { RecordedEvent } from '../events/event.js';
import { Metrics } from '../observability/metrics.js';
import type { TaskError } from '../tasks/task-state.js';
import { TaskWriter } from '../tasks/task-writer.js';
import { HOLDER } from './holder.js';
import { SendLeaseRepository, type LeasedDispatch } from './send-lease.repository.js';

/** Makes dead letters of requests that the broker will never take, so that they block nobody. */
@Injectable()
export class Refusals {
  constructor(
    private readonly dataSource: DataSource,
    private readonly leases: SendLeaseRepository,
    private readonly writer: TaskWriter,
    private readonly deadLetters: DeadLetterRepository,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /**
   * Ends the task with a letter that holds its payload, if attempt and holder are still the same; one that somebody is
   * changing at the moment is tried again when the lease is over.
   */
  async write(dispatch: LeasedDispatch, topic: string, cause: Error): Promise<void> {
    const { taskId, attempt, payload } = dispatch;
    const error: TaskError = { type: cause.name, message: cause.message, code: 'record_refused' };
    const letter = letterOfTask({
      id: taskId,
      attempt,
      attemptsUsed: null,
      topic,
      payload,
      error,
      copy: true,
    });
    const events = await transact(this.dataSource, async (manager): Promise<RecordedEvent[]> => {
      if (!(await this.leases.lockHeld(manager, dispatch, this.holder))) return [];
      const fact = { kind: 'dead-lettered', deadLetterId: letter.id, error, attempt, at: null } as const;
      const written = await this.writer.apply(manager, [{ taskId, fact }], { skipLocked: true });
      if (written.outcomes[0]?.outcome === 'applied') await this.deadLetters.insert(manager, [letter]);
      return written.events;
    });
    this.bus.announce(events);
    if (events.length > 0) this.metrics.deadLettersStored([letter]);
  }
}
