import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { within } from '../../../background/within.js';
import type { TransportLog } from '../../transport-log.js';
import type { BatchHandler, TopicDescription } from '../../transport.js';
import type { PartitionLanes } from '../partition-lanes.js';
import { quickRetries } from './kafka-client.js';
import { messageOf } from './kafka-errors.js';
import { LazyCommits } from './lazy-commits.js';
import { returningAs } from './returning-members.js';
import { toRecordBatch } from './to-record-batch.js';

/**
 * How long kafkajs' fetch loop waits for a handler, in milliseconds. The loop fetches again only when all partitions of
 * the last answer are done, and it sends the heartbeats: a handler that takes longer has its partition paused and works
 * on beside the loop, so neither the other partitions nor the heartbeats ever wait longer than this.
 */
const PATIENCE_MS = 500;

/** How long the broker holds a fetch that finds nothing: bounds how late a paused partition is resumed. Idle members send so many. */
const FETCH_WAIT_MS = 250;

/** Heartbeats also tell of a rebalance, which all wait for. */
const HEARTBEAT_INTERVAL_MS = 1_000;

/** So many bytes of a partition are handed out at once, unless one record is larger. */
const BATCH_BYTES = 512 * 1024;

const LEAVE_TIMEOUT_MS = 10_000;

/** What a member reads, for whom. */
export interface MemberOptions {
  group: string;
  /** All of them exist: one that is missing fails the others in kafkajs. */
  topics: TopicDescription[];
  sessionTimeoutMs: number;
  /** Under which the group may still know the member that this one replaces. */
  formerId: string | null;
  onBatch: BatchHandler;
  lanes: PartitionLanes;
  log: TransportLog;
}

/**
 * One life of a kafkajs consumer, from join to crash or leave. kafkajs is not allowed to restart it by itself, which it
 * does for some errors and not for others: after a crash somebody has to make a new member.
 */
export class GroupMember {
  private readonly consumer: Consumer;
  private readonly commits = new LazyCommits();
  private readonly started: Promise<void>;
  /** Counts the assignments of this member; what began under an earlier one is not acknowledged. */
  private generation = 0;
  private leaving: Promise<void> | null = null;
  /** On the clock of `performance.now()`: the wall clock may be set. */
  private lastSign = performance.now();
  private failure: string | null = null;
  /** By which the group knows it. */
  private id: string | null;
  /** Whether kafkajs has come to its end with it: it says nothing to the group any more. */
  private over = false;

  /** Starts at once, in the background. */
  constructor(
    client: Kafka,
    private readonly options: MemberOptions,
  ) {
    const { group, sessionTimeoutMs, formerId } = options;
    this.id = formerId;
    this.consumer = client.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_INTERVAL_MS, sessionTimeoutMs / 3),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: BATCH_BYTES,
      // No bound over all partitions: it could make a batch that comes again shorter than before.
      maxBytes: BATCH_BYTES * this.partitionCount(),
      allowAutoTopicCreation: false,
      partitionAssigners: [returningAs(formerId, (memberId) => (this.id = memberId))],
      retry: { ...quickRetries(5), restartOnFailure: () => Promise.resolve(false) },
    });
    this.listen();
    this.started = this.start();
  }

  get topics(): TopicDescription[] {
    return this.options.topics;
  }

  /** The name that whoever replaces it may go on with, or null: nobody may use it twice at a time. */
  get freeId(): string | null {
    return this.over ? this.id : null;
  }

  /** Why it has crashed, or null. */
  get crash(): string | null {
    return this.failure;
  }

  /** Whether it has partitions, or knows that there are none left for it. */
  get joined(): boolean {
    return this.generation > 0 && this.failure === null;
  }

  /** Milliseconds since the group last heard from it. That it still fetches says nothing: brokers let strangers, too. */
  silence(): number {
    return performance.now() - this.lastSign;
  }

  /** Ends it without ceremony, for a reason that `crash` tells from then on. */
  fail(error: unknown): void {
    this.failure ??= messageOf(error);
    this.commits.discard();
  }

  /**
   * Takes no new batch; waits for the handlers and commits, unless it has crashed; leaves the group. Never rejects, is
   * bounded, and harmless when it comes twice.
   */
  leave(): Promise<void> {
    this.leaving ??= this.shutDown();
    return this.leaving;
  }

  private async start(): Promise<void> {
    try {
      await this.consumer.connect();
      // A group without a committed offset would begin at the latest record.
      await this.consumer.subscribe({ topics: this.topics.map(({ name }) => name), fromBeginning: true });
      await this.consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: this.partitionCount(),
        eachBatch: (payload) => this.onEachBatch(payload),
      });
    } catch (error) {
      this.over = true;
      this.fail(error);
    }
  }

  private listen(): void {
    const { consumer } = this;
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.generation += 1;
      this.commits.discard();
      this.lastSign = performance.now();
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      this.lastSign = performance.now();
    });
    // Goes out before kafkajs joins anew, and the broker still takes it from the old generation.
    consumer.on(consumer.events.REBALANCING, () => void this.commits.flush());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.over = true;
      this.fail(payload.error);
    });
  }

  /** Never throws a handler's error: kafkajs would hold up all partitions. */
  private async onEachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    const lane = this.options.lanes.of(topic, partition);
    if (this.leaving !== null) payload.pause();
    else if (lane.occupied || !(await this.settlesSoon(this.handle(payload)))) {
      const resume = payload.pause();
      void lane.free().then(resume);
    }
  }

  /** Resolves with whether the handler acknowledged the batch. */
  private async handle(payload: EachBatchPayload): Promise<boolean> {
    const { batch } = payload;
    const { group, lanes, onBatch, log } = this.options;
    const { generation } = this;
    const acknowledged = await lanes.of(batch.topic, batch.partition).start(
      () => onBatch(toRecordBatch(group, batch)),
      (error) => {
        const { topic, partition } = batch;
        log('warn', 'A batch failed and comes again', { group, topic, partition, error: messageOf(error) });
      },
    );
    const current = generation === this.generation && payload.isRunning() && !payload.isStale();
    if (acknowledged && current && this.failure === null) this.acknowledge(payload);
    return acknowledged;
  }

  private acknowledge(payload: EachBatchPayload): void {
    const { topic, partition } = payload.batch;
    const last = payload.batch.lastOffset();
    payload.resolveOffset(last);
    const position = { topic, partition, offset: String(Number(last) + 1) };
    this.commits.note(position, (offsets) => payload.commitOffsetsIfNecessary(offsets));
  }

  private async settlesSoon(handled: Promise<boolean>): Promise<boolean> {
    return within(PATIENCE_MS, handled, 'slow').catch(() => false);
  }

  private async shutDown(): Promise<void> {
    const { group, lanes, log } = this.options;
    if (this.failure === null && !(await lanes.quiet())) {
      log('warn', 'Leaving the group although a handler still works; its batch comes again', { group });
    }
    await within(LEAVE_TIMEOUT_MS, this.depart()).catch((error: unknown) => {
      log('warn', 'Could not leave the group in peace', { group, error: messageOf(error) });
    });
  }

  private async depart(): Promise<void> {
    await this.commits.flush();
    this.commits.discard();
    // kafkajs forgets a stop that comes while it joins, and would go on for ever.
    await this.started;
    await this.consumer.disconnect();
  }

  private partitionCount(): number {
    return this.topics.reduce((sum, { partitions }) => sum + partitions, 1);
  }
}
