import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '../observability/metrics.js';
import { withSpan } from '../observability/tracing.js';
import { TaskTypes } from '../task-types/task-types.js';
import {
  TRANSPORT,
  TransportUnavailableError,
  type PublishResult,
  type Transport,
} from '../transport/transport.js';
import { HOLDER } from './holder.js';
import type { Lease } from './lease.js';
import { Refusals } from './refusals.js';
import { requestRecord } from './request-record.js';
import { SendLeaseRepository, type LeasedDispatch, type SentMark } from './send-lease.repository.js';
import { SentMarks } from './sent-marks.js';
import { TopicKeeper } from './topic-keeper.js';

/** How soon a relay looks again at what could not be sent, in seconds. */
const RETRY_SECONDS = 1;

/** What is published at a time, at the most, before the lease is looked at again: about what the transport sends at once. */
const MAX_PART_BYTES = 512 * 1024;

/** Dispatches that were taken longer ago are looked at again: their tasks may have ended. In milliseconds. */
const FRESH_MS = 100;

/**
 * Publishes leased dispatches and writes what became of them: "sent", "refused" (a dead letter of the task) or "lease
 * given up". Used by the fast path and the relay alike.
 */
@Injectable()
export class DispatchSender {
  constructor(
    private readonly leases: SendLeaseRepository,
    private readonly refusals: Refusals,
    private readonly sentMarks: SentMarks,
    private readonly taskTypes: TaskTypes,
    private readonly topicKeeper: TopicKeeper,
    private readonly metrics: Metrics,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /**
   * Sends dispatches of one topic, in their order, while the lease lasts and until the topic cannot be written: a later one must not
   * overtake those that it held back. What was not sent is given up then, and when this throws, unless the database is away: then
   * the leases run out.
   */
  async send(topic: string, dispatches: readonly LeasedDispatch[], lease: Lease): Promise<void> {
    const unsent = new Set(dispatches);
    try {
      for (const part of inParts(dispatches)) {
        if (await this.sendPart(topic, await this.stillHeld(part, lease), unsent)) continue;
        await this.leases.giveUp([...unsent], this.holder, RETRY_SECONDS);
        return;
      }
    } catch (error) {
      if (error instanceof TransportUnavailableError) {
        this.metrics.recordsDispatched.inc({ outcome: 'unavailable' });
        this.topicKeeper.notWritable(topic, error.message);
      }
      await this.leases.giveUp([...unsent], this.holder, RETRY_SECONDS);
      throw error;
    }
  }

  /** What has ended meanwhile is not sent, nor what somebody else may have taken. */
  private async stillHeld(
    dispatches: readonly LeasedDispatch[],
    lease: Lease,
  ): Promise<readonly LeasedDispatch[]> {
    const now = performance.now();
    if (now >= lease.sendUntil) return [];
    if (now - lease.takenAt < FRESH_MS) return dispatches;
    const held = await this.leases.heldBy(dispatches, this.holder);
    return dispatches.filter(({ taskId }) => held.has(taskId));
  }

  /** Takes those that have become durable, or were refused, out of `unsent`. Answers whether the topic could be written. */
  private async sendPart(
    topic: string,
    dispatches: readonly LeasedDispatch[],
    unsent: Set<LeasedDispatch>,
  ): Promise<boolean> {
    if (dispatches.length === 0) return true;
    const results = await this.publish(dispatches);
    const sent: LeasedDispatch[] = [];
    const refused: { dispatch: LeasedDispatch; cause: Error }[] = [];
    let isWritable = true;
    for (const [index, dispatch] of dispatches.entries()) {
      const result = results[index];
      if (!result) throw new Error('the transport answered for fewer records than it was given');
      this.metrics.recordsDispatched.inc({ outcome: result.outcome });
      switch (result.outcome) {
        case 'durable':
          sent.push(dispatch);
          unsent.delete(dispatch);
          this.topicKeeper.written(topic);
          break;
        case 'topic-not-writable':
          isWritable = false;
          this.topicKeeper.notWritable(topic, result.error.message);
          break;
        case 'refused':
          refused.push({ dispatch, cause: result.error });
      }
    }
    await this.markSent(sent);
    for (const { dispatch, cause } of refused) {
      await this.refusals.write(dispatch, topic, cause);
      unsent.delete(dispatch);
    }
    return isWritable;
  }

  private publish(dispatches: readonly LeasedDispatch[]): Promise<PublishResult[]> {
    const records = dispatches.map((dispatch) =>
      requestRecord(dispatch, this.taskTypes.orDefault(dispatch.type)),
    );
    return withSpan(
      'publish requests',
      { 'messaging.batch.message_count': records.length },
      () => this.transport.publish(records),
      dispatches.map(({ traceparent }) => traceparent),
    );
  }

  /** At once only where an ordering lease, which lets the next ones be taken, is all that guards them. */
  private async markSent(sent: readonly LeasedDispatch[]): Promise<void> {
    const isOrdered = ({ orderingKey }: LeasedDispatch): boolean => orderingKey !== null;
    this.sentMarks.add(this.marks(sent.filter((dispatch) => !isOrdered(dispatch))));
    await this.leases.markSent(this.marks(sent.filter(isOrdered)), this.holder);
  }

  private marks(sent: readonly LeasedDispatch[]): SentMark[] {
    return sent.map(({ taskId, attempt, type }) => {
      return { taskId, attempt, timeLimit: this.taskTypes.orDefault(type).attemptTimeoutSeconds };
    });
  }
}

/** A record's headers, key and our own bookkeeping. */
const RECORD_BYTES = 1024;

/** What a dispatch costs in memory and on the wire, about. */
export function sizeOf({ payload }: LeasedDispatch): number {
  return payload.length + RECORD_BYTES;
}

function inParts(dispatches: readonly LeasedDispatch[]): LeasedDispatch[][] {
  const parts: LeasedDispatch[][] = [];
  let bytes = Infinity;
  for (const dispatch of dispatches) {
    bytes += sizeOf(dispatch);
    if (bytes > MAX_PART_BYTES) {
      parts.push([]);
      bytes = sizeOf(dispatch);
    }
    parts.at(-1)?.push(dispatch);
  }
  return parts;
}
