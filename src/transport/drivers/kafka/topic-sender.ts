import { Partitioners, type Message, type Producer } from 'kafkajs';
import { quickRetries, type KafkaClientFactory } from './kafka-client.js';
import { kafkaFaultOf } from './kafka-errors.js';
import { within } from './within.js';

/** How long the broker may wait for its replicas, in milliseconds; below the client's request time-out. */
const ACK_TIMEOUT_MS = 4_000;

/** A bound over all of kafkajs' own waits, in milliseconds; the relay's leases count on it. */
const SEND_TIMEOUT_MS = 6_000;

const DISCONNECT_TIMEOUT_MS = 3_000;

/**
 * The kafkajs producer of one topic: one missing topic fails the metadata of every topic of a producer. It is not
 * idempotent, because kafkajs loses records then: after a failed request it rolls the sequence numbers of all partitions
 * back, and the broker takes the next records for duplicates.
 */
export class TopicSender {
  private producer: Promise<Producer> | null = null;

  constructor(
    private readonly createClient: KafkaClientFactory,
    private readonly topic: string,
  ) {}

  /** Resolves when all in-sync replicas have the messages; rejects with what kafkajs threw, within seconds. */
  async send(messages: Message[]): Promise<void> {
    try {
      await within(SEND_TIMEOUT_MS, this.transmit(messages), `no answer to a send to ${this.topic}`);
    } catch (error) {
      // A new producer knows nothing of dead connections, and an old send that only ran late cannot mix with later ones.
      if (kafkaFaultOf(error) === 'transport') void this.close();
      throw error;
    }
  }

  /** Disconnects, within seconds; never rejects. A later `send` connects anew. */
  async close(): Promise<void> {
    const { producer } = this;
    this.producer = null;
    const disconnected = producer?.then((connected) => connected.disconnect());
    if (!disconnected) return;
    await within(DISCONNECT_TIMEOUT_MS, disconnected, 'late').catch(() => undefined);
  }

  private async transmit(messages: Message[]): Promise<void> {
    this.producer ??= this.connect();
    const producer = await this.producer;
    await producer.send({ topic: this.topic, messages, acks: -1, timeout: ACK_TIMEOUT_MS });
  }

  private async connect(): Promise<Producer> {
    const producer = this.createClient().producer({
      // The partitions that clients in other languages would choose.
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      idempotent: false,
      // Once more with fresh metadata, for a partition that has moved.
      retry: quickRetries(1),
    });
    await producer.connect();
    return producer;
  }
}
