import type { Admin } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../../../background/within.js';
import {
  TransportUnavailableError,
  type GroupLag,
  type TopicAdmin,
  type TopicDescription,
  type TopicSpec,
} from '../../transport.js';
import { quickRetries, type KafkaClientFactory } from './kafka-client.js';
import { asError, kafkaFaultOf, NOT_LED_ERRORS, protocolErrorOf, unavailable } from './kafka-errors.js';

const DISCONNECT_TIMEOUT_MS = 3_000;

/** A bound over all of kafkajs' own waits, which are by the wall clock and stand still where that is set back; in milliseconds. */
const ASK_TIMEOUT_MS = 15_000;

/** How long a list of all topics serves; brokers may have thousands. */
const LIST_FOR_MS = 5_000;

/** How long a new topic is waited for until all its partitions are led, and how long between two looks, in milliseconds. */
const LED_PATIENCE_MS = 10_000;
const LED_RETRY_MS = 50;

/** Looks at topics and makes them. Everything throws `TransportUnavailableError` when Kafka does not answer in time. */
export class KafkaTopicAdmin implements TopicAdmin {
  private admin: Promise<Admin> | null = null;
  private closed = false;
  private listed: TopicDescription[] = [];
  /** On the clock of `performance.now()`: the wall clock may be set. */
  private listedAt = -Infinity;

  constructor(
    private readonly createClient: KafkaClientFactory,
    private readonly replicationFactor: number | undefined,
  ) {}

  async ensure(topics: TopicSpec[]): Promise<{ name: string; error: Error }[]> {
    const existing = new Set((await this.describe(topics.map(({ name }) => name))).map(({ name }) => name));
    const missing = topics.filter(({ name }) => !existing.has(name));
    const failures: { name: string; error: Error }[] = [];
    // One by one: one refused topic fails the whole request.
    for (const topic of missing) {
      const error = await this.create(topic);
      if (error) failures.push({ name: topic.name, error });
    }
    return failures;
  }

  async describe(names: string[]): Promise<TopicDescription[]> {
    const found = await Promise.all(names.map((name) => this.describeOne(name)));
    return found.filter((topic) => topic !== null);
  }

  async list(): Promise<TopicDescription[]> {
    if (performance.now() - this.listedAt < LIST_FOR_MS) return this.listed;
    try {
      const { topics } = await this.ask((admin) => admin.fetchTopicMetadata());
      this.listed = topics.map(({ name, partitions }) => ({ name, partitions: partitions.length }));
    } catch (error) {
      // Of all topics of the brokers one that has no leader fails the question: what was known goes on.
      if (kafkaFaultOf(error) !== 'topic') throw unavailable(error);
    }
    this.listedAt = performance.now();
    return this.listed;
  }

  async lag(group: string, topics: string[]): Promise<GroupLag[]> {
    const existing = await this.describe(topics);
    try {
      return await this.askApart((admin) =>
        Promise.all(existing.map(({ name }) => lagOf(admin, group, name))),
      );
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Disconnects, within seconds; never rejects. Nothing is asked afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    await this.disconnect();
  }

  /** Null for a topic that does not exist, has no leader yet, or may not be seen. */
  private async describeOne(name: string): Promise<TopicDescription | null> {
    try {
      return await this.ask(async (admin) => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
        return { name, partitions: topics[0]?.partitions.length ?? 0 };
      });
    } catch (error) {
      if (kafkaFaultOf(error) === 'topic') return null;
      throw unavailable(error);
    }
  }

  /** The reason why the topic could not be made, or null. */
  private async create({ name, partitions }: TopicSpec): Promise<Error | null> {
    const replicationFactor = this.replicationFactor ?? -1;
    try {
      await this.ask((admin) =>
        admin.createTopics({ topics: [{ topic: name, numPartitions: partitions, replicationFactor }] }),
      );
      await this.askApart((admin) => whenLed(admin, name));
      return null;
    } catch (error) {
      const reason = causeOf(error);
      if (protocolErrorOf(reason) === null) throw unavailable(reason);
      return reason;
    }
  }

  private async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.closed) throw new TransportUnavailableError('the transport is closed');
    const connecting = this.connected();
    try {
      return await within(ASK_TIMEOUT_MS, connecting.then(question));
    } catch (error) {
      // A new client knows nothing of dead connections; one that is newer than this question is none of its business.
      if (protocolErrorOf(causeOf(error)) === null && this.admin === connecting) void this.disconnect();
      throw error;
    }
  }

  /** By a client of its own: some questions remember their topics, and one that is deleted later would fail every call. */
  private async askApart<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.createClient().admin({ retry: quickRetries(1) });
    try {
      const answer = admin.connect().then(() => question(admin));
      return await within(ASK_TIMEOUT_MS, answer);
    } finally {
      void admin.disconnect().catch(() => undefined);
    }
  }

  private async disconnect(): Promise<void> {
    const { admin } = this;
    this.admin = null;
    const disconnected = admin?.then((connected) => connected.disconnect());
    if (disconnected) await within(DISCONNECT_TIMEOUT_MS, disconnected, 'late').catch(() => undefined);
  }

  private connected(): Promise<Admin> {
    if (this.admin) return this.admin;
    const connecting = this.connect();
    this.admin = connecting;
    // Whatever the reason: the next question connects anew.
    connecting.catch(() => {
      if (this.admin === connecting) this.admin = null;
    });
    return connecting;
  }

  private async connect(): Promise<Admin> {
    const admin = this.createClient().admin({ retry: quickRetries(1) });
    await admin.connect();
    return admin;
  }
}

/**
 * Resolves when the nodes that are to lead a topic's partitions do so, which is a little after everybody is told of them. Until
 * then some partitions take what is sent and some refuse it, and the next try writes twice what was taken.
 */
async function whenLed(admin: Admin, topic: string): Promise<void> {
  const deadline = performance.now() + LED_PATIENCE_MS;
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (performance.now() >= deadline || !NOT_LED_ERRORS.has(protocolErrorOf(error) ?? '')) throw error;
    }
    await pause(LED_RETRY_MS);
  }
}

async function lagOf(admin: Admin, group: string, topic: string): Promise<GroupLag> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  ]);
  const positions = new Map(
    committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
  );
  const lag = ends.reduce((sum, { partition, low, high }) => {
    // Negative: never committed. Above the end: committed to a topic of that name which is gone.
    const position = positions.get(partition) ?? -1;
    const start = position < Number(low) || position > Number(high) ? Number(low) : position;
    return sum + Number(high) - start;
  }, 0);
  return { group, topic, lag };
}

/** kafkajs wraps the reasons of single topics in a list. */
function causeOf(error: unknown): Error {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) return asError(error);
  return asError(error.errors[0]);
}
