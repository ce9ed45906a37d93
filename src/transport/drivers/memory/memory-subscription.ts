import type { BatchHandler, RecordBatch, SubscribeOptions, Subscription } from '../../transport.js';
import { PartitionLanes } from '../partition-lanes.js';
import type { MemoryBroker } from './memory-broker.js';
import type { MemoryGroup, MemoryMember } from './memory-group.js';
import type { MemoryTopic } from './memory-topic.js';

/** A member of a group in memory. Positions are committed at once, so reading goes on from there always. */
export class MemorySubscription implements Subscription, MemoryMember {
  private readonly group: MemoryGroup;
  private readonly closing = new AbortController();
  private readonly lanes = new PartitionLanes(this.closing.signal);
  private readonly stopListening: () => void;
  private frozen = false;
  private session: NodeJS.Timeout | null = null;

  constructor(
    private readonly broker: MemoryBroker,
    private readonly options: SubscribeOptions,
    private readonly onBatch: BatchHandler,
  ) {
    this.group = broker.group(options.group);
    this.group.join(this);
    this.stopListening = broker.onChange(() => {
      this.read();
    });
    broker.changed();
  }

  state(): ReturnType<Subscription['state']> {
    if (!this.broker.isRunning) return { status: 'failed', reason: 'the broker is stopped' };
    return this.existing().length > 0
      ? { status: 'running' }
      : { status: 'failed', reason: 'none of the topics exists' };
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.lanes.quiet();
    this.depart();
  }

  reads(topic: string): boolean {
    const { topics, matching } = this.options;
    return topics.includes(topic) || matching?.(topic) === true;
  }

  /** As if the process stood still: after its session the partitions go to others. */
  freeze(): void {
    this.frozen = true;
    this.session = setTimeout(() => {
      this.group.leave(this);
      this.broker.changed();
    }, this.broker.sessionTimeoutMs);
  }

  thaw(): void {
    this.endSession();
    this.frozen = false;
    this.group.join(this);
    this.broker.changed();
  }

  private depart(): void {
    this.endSession();
    this.stopListening();
    this.group.leave(this);
    this.broker.changed();
  }

  private endSession(): void {
    if (this.session) clearTimeout(this.session);
    this.session = null;
  }

  private get idle(): boolean {
    return this.frozen || this.closing.signal.aborted || !this.broker.isRunning;
  }

  private existing(): MemoryTopic[] {
    return this.broker.allTopics().filter(({ name }) => this.reads(name));
  }

  private read(): void {
    for (const topic of this.existing()) {
      topic.partitions.forEach((_, partition) => {
        this.readPartition(topic, partition);
      });
    }
  }

  private readPartition(topic: MemoryTopic, partition: number): void {
    const lane = this.lanes.of(topic.name, partition);
    if (this.idle || lane.occupied || !this.group.owns(this, topic, partition)) return;
    const log = topic.partitions[partition] ?? [];
    const records = log.slice(this.group.position(topic, partition));
    if (records.length === 0) return;
    const { group } = this.options;
    const batch = { group, topic: topic.name, partition, highWatermark: log.length, records };
    void lane.start(
      () => this.handle(topic, batch),
      () => undefined,
    );
    void lane.free().then(() => {
      this.broker.changed();
    });
  }

  private async handle(topic: MemoryTopic, batch: RecordBatch): Promise<void> {
    await this.onBatch(batch);
    const lost = this.frozen || !this.broker.isRunning || !this.group.owns(this, topic, batch.partition);
    if (!lost) this.group.commit(topic, batch.partition, batch.records);
  }
}
