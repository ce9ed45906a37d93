import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { transact } from '../database/transaction.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import { letterOfTask } from '../dlq/letter.js';
import { EventBus } from '../events/event-bus.js';
import { Metrics } from '../observability/metrics.js';
import { withSpan } from '../observability/tracing.js';
import { TaskTypes } from '../task-types/task-types.js';
import { TaskWriter } from '../tasks/task-writer.js';
import type { TaskError } from '../tasks/task-state.js';
import { TRANSPORT, type PublishResult, type Transport } from '../transport/transport.js';
import { DispatchRepository, type LeasedDispatch } from './dispatch.repository.js';
import { HOLDER } from './holder.js';
import { requestRecord } from './request-record.js';
import { TopicKeeper } from './topic-keeper.js';

/** How soon a relay looks again at what could not be sent, in seconds. */
const RETRY_SECONDS = 1;

/**
 * Publishes leased dispatches and writes what became of them: "sent", "refused" (a dead letter of the task) or "lease
 * given up". Used by the fast path and the relay alike.
 */
@Injectable()
export class DispatchSender {
  constructor(
    private readonly dispatches: DispatchRepository,
    private readonly dataSource: DataSource,
    private readonly writer: TaskWriter,
    private readonly deadLetters: DeadLetterRepository,
    private readonly taskTypes: TaskTypes,
    private readonly topicKeeper: TopicKeeper,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /** @throws TransportUnavailableError after the leases have been given up */
  async send(dispatches: readonly LeasedDispatch[]): Promise<void> {
    const results = await this.publish(dispatches);
    const sent: LeasedDispatch[] = [];
    const held: LeasedDispatch[] = [];
    const refused: { dispatch: LeasedDispatch; cause: Error }[] = [];
    for (const [index, dispatch] of dispatches.entries()) {
      const result = results[index];
      if (!result) throw new Error('the transport answered for fewer records than it was given');
      this.metrics.recordsDispatched.inc({ outcome: result.outcome });
      const topic = this.topicOf(dispatch);
      switch (result.outcome) {
        case 'durable':
          sent.push(dispatch);
          this.topicKeeper.written(topic);
          break;
        case 'topic-not-writable':
          held.push(dispatch);
          this.topicKeeper.notWritable(topic, result.error.message);
          break;
        case 'refused':
          refused.push({ dispatch, cause: result.error });
      }
    }
    await this.markSent(sent);
    await this.dispatches.giveUp(held, this.holder, RETRY_SECONDS);
    for (const { dispatch, cause } of refused) await this.refuse(dispatch, cause);
  }

  private async publish(dispatches: readonly LeasedDispatch[]): Promise<PublishResult[]> {
    try {
      const records = dispatches.map((dispatch) =>
        requestRecord(dispatch, this.taskTypes.orDefault(dispatch.type)),
      );
      return await withSpan(
        'publish requests',
        { 'messaging.batch.message_count': records.length },
        () => this.transport.publish(records),
        dispatches.map(({ traceparent }) => traceparent),
      );
    } catch (error) {
      this.metrics.recordsDispatched.inc({ outcome: 'unavailable' }, dispatches.length);
      await this.dispatches.giveUp(dispatches, this.holder, RETRY_SECONDS);
      throw error;
    }
  }

  private async markSent(sent: readonly LeasedDispatch[]): Promise<void> {
    const marks = sent.map(({ taskId, attempt, type }) => {
      return { taskId, attempt, timeLimit: this.taskTypes.orDefault(type).attemptTimeoutSeconds };
    });
    await this.dispatches.markSent(marks, this.holder);
  }

  private topicOf({ type }: LeasedDispatch): string {
    return this.taskTypes.orDefault(type).requestTopic;
  }

  /** The broker will never take this record: it is a dead letter of its task, and blocks nobody. */
  private async refuse(dispatch: LeasedDispatch, cause: Error): Promise<void> {
    const { taskId, attempt, payload } = dispatch;
    const error: TaskError = { type: cause.name, message: cause.message, code: 'record_refused' };
    const letter = letterOfTask({
      id: taskId,
      attempt,
      attemptsUsed: null,
      topic: this.topicOf(dispatch),
      payload,
      error,
    });
    const { events } = await transact(this.dataSource, async (manager) => {
      await this.deadLetters.insert(manager, [letter]);
      const fact = { kind: 'dead-lettered', deadLetterId: letter.id, error, attempt, at: null } as const;
      return this.writer.apply(manager, [{ taskId, fact }]);
    });
    this.bus.announce(events);
    this.metrics.deadLetters.inc({ topic: letter.topic, code: 'record_refused' });
  }
}
