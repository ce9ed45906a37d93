import { within } from '../../../background/within.js';
import type { TransportLog } from '../../transport-log.js';
import {
  TransportUnavailableError,
  type BatchHandler,
  type OutgoingRecord,
  type PublishResult,
  type SubscribeOptions,
  type Subscription,
  type Transport,
} from '../../transport.js';
import { calmKafkajs } from './calm-kafkajs.js';
import { registerCompressionCodecs } from './compression.js';
import { kafkaClientFactory, type KafkaClientFactory } from './kafka-client.js';
import { unavailable } from './kafka-errors.js';
import type { KafkaTransportOptions } from './kafka-options.js';
import { KafkaSubscription } from './kafka-subscription.js';
import { KafkaTopicAdmin } from './kafka-topic-admin.js';
import { steadyHeartbeats } from './steady-heartbeats.js';
import { TopicSender } from './topic-sender.js';
import { TopicWriter } from './topic-writer.js';

const DEFAULT_SESSION_TIMEOUT_MS = 10_000;
const CHECK_TIMEOUT_MS = 3_000;

/** Asked for by `check`; it need not exist, that there is none is an answer too. kafkajs has no smaller question. */
const PROBE_TOPIC = 'taskwire-check';

/** The transport over Kafka, with kafkajs. Connects when it is first needed. */
export class KafkaTransport implements Transport {
  readonly topics: KafkaTopicAdmin;
  private readonly createClient: KafkaClientFactory;
  private readonly writers = new Map<string, TopicWriter>();
  private readonly subscriptions: KafkaSubscription[] = [];
  private closed: Promise<void> | null = null;
  private drained = false;

  constructor(
    private readonly options: KafkaTransportOptions,
    private readonly log: TransportLog,
  ) {
    calmKafkajs();
    steadyHeartbeats();
    registerCompressionCodecs();
    this.createClient = kafkaClientFactory(options, log);
    this.topics = new KafkaTopicAdmin(this.createClient, options.replicationFactor);
  }

  async publish(records: OutgoingRecord[]): Promise<PublishResult[]> {
    if (this.drained) throw new TransportUnavailableError('the transport is closed');
    const settled = await Promise.allSettled(
      records.map((record) => this.writer(record.topic).write(record)),
    );
    return settled.map((result) => {
      if (result.status === 'rejected') throw unavailable(result.reason);
      return result.value;
    });
  }

  subscribe(options: SubscribeOptions, onBatch: BatchHandler): Promise<Subscription> {
    if (this.closed) return Promise.reject(new TransportUnavailableError('the transport is closed'));
    const { createClient, topics, log } = this;
    const sessionTimeoutMs = this.options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS;
    const subscription = new KafkaSubscription(
      { createClient, topics, sessionTimeoutMs, log },
      options,
      onBatch,
    );
    this.subscriptions.push(subscription);
    return Promise.resolve(subscription);
  }

  async check(): Promise<void> {
    try {
      await within(CHECK_TIMEOUT_MS, this.topics.describe([PROBE_TOPIC]));
    } catch (error) {
      throw unavailable(error);
    }
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private writer(topic: string): TopicWriter {
    const writer = this.writers.get(topic) ?? new TopicWriter(new TopicSender(this.createClient, topic));
    this.writers.set(topic, writer);
    return writer;
  }

  /** Handlers in flight may still publish, so the consumers go first. */
  private async shutDown(): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    this.drained = true;
    await Promise.all([...this.writers.values()].map((writer) => writer.close()));
    await this.topics.close();
  }
}
