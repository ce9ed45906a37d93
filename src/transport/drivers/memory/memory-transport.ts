import {
  TransportUnavailableError,
  type BatchHandler,
  type GroupLag,
  type OutgoingRecord,
  type PublishResult,
  type SubscribeOptions,
  type Subscription,
  type TopicAdmin,
  type TopicDescription,
  type TopicSpec,
  type Transport,
} from '../../transport.js';
import type { MemoryBroker } from './memory-broker.js';
import { MemorySubscription } from './memory-subscription.js';

/**
 * The transport as it is meant, in memory: the specification that other drivers are compared with, and a quick stand-in
 * for tests. One instance plays one process; those that share a broker share topics and groups.
 */
export class MemoryTransport implements Transport {
  readonly topics: TopicAdmin;
  private readonly subscriptions: MemorySubscription[] = [];
  private closed = false;

  constructor(private readonly broker: MemoryBroker) {
    this.topics = new MemoryTopicAdmin(broker);
  }

  async publish(records: OutgoingRecord[]): Promise<PublishResult[]> {
    if (this.closed) throw new TransportUnavailableError('the transport is closed');
    await this.check();
    const results = records.map((record) => this.append(record));
    this.broker.changed();
    return results;
  }

  subscribe(options: SubscribeOptions, onBatch: BatchHandler): Promise<Subscription> {
    const subscription = new MemorySubscription(this.broker, options, onBatch);
    this.subscriptions.push(subscription);
    return Promise.resolve(subscription);
  }

  async check(): Promise<void> {
    // Answers take a turn of the event loop, as those of a real broker do.
    await new Promise(setImmediate);
    this.broker.check();
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    this.closed = true;
  }

  /** As if the process stood still. Ends with `thaw`; without it, the process is as good as killed. */
  freeze(): void {
    for (const subscription of this.subscriptions) subscription.freeze();
  }

  thaw(): void {
    for (const subscription of this.subscriptions) subscription.thaw();
  }

  private append(record: OutgoingRecord): PublishResult {
    const topic = this.broker.topic(record.topic);
    if (!topic)
      return { outcome: 'topic-not-writable', error: new Error(`there is no topic ${record.topic}`) };
    const bytes = Buffer.byteLength(record.key ?? '') + Buffer.byteLength(record.value ?? '');
    if (bytes > this.broker.maxRecordBytes)
      return { outcome: 'refused', error: new Error('the record is too large') };
    topic.append(record);
    return { outcome: 'durable' };
  }
}

class MemoryTopicAdmin implements TopicAdmin {
  constructor(private readonly broker: MemoryBroker) {}

  async ensure(topics: TopicSpec[]): Promise<{ name: string; error: Error }[]> {
    await this.answer();
    return topics.flatMap(({ name, partitions }) => {
      if (partitions < 1) return [{ name, error: new Error('a topic needs a partition') }];
      this.broker.createTopic(name, partitions);
      return [];
    });
  }

  async describe(names: string[]): Promise<TopicDescription[]> {
    await this.answer();
    return names.flatMap((name) => {
      const topic = this.broker.topic(name);
      return topic ? [{ name, partitions: topic.partitions.length }] : [];
    });
  }

  async list(): Promise<TopicDescription[]> {
    await this.answer();
    return this.broker.allTopics().map(({ name, partitions }) => ({ name, partitions: partitions.length }));
  }

  async lag(group: string, topics: string[]): Promise<GroupLag[]> {
    await this.answer();
    return topics.flatMap((name) => {
      const topic = this.broker.topic(name);
      if (!topic) return [];
      const behind = topic.partitions.map(
        (log, partition) => log.length - this.broker.group(group).position(topic, partition),
      );
      return [{ group, topic: name, lag: behind.reduce((sum, one) => sum + one, 0) }];
    });
  }

  private async answer(): Promise<void> {
    await new Promise(setImmediate);
    this.broker.check();
  }
}
