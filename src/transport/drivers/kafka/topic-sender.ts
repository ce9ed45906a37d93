import kafkajs, { Partitioners, type Message, type Producer } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../../../background/within.js';
import { quickRetries, type KafkaClientFactory } from './kafka-client.js';
import { kafkaFaultOf, NOT_LED_ERRORS, protocolErrorOf } from './kafka-errors.js';

/** How long the broker may wait for its replicas, in milliseconds; below the client's request time-out. */
const ACK_TIMEOUT_MS = 4_000;

/** A bound over all of kafkajs' own waits, in milliseconds; the relay's leases count on it. */
const SEND_TIMEOUT_MS = 6_000;

const DISCONNECT_TIMEOUT_MS = 3_000;

/** Until the second try, in milliseconds: the new leader has to hear of it, too. */
const SECOND_TRY_MS = 100;

/**
 * The kafkajs producer of one topic: one missing topic fails the metadata of every topic of a producer.
 *
 * kafkajs 2.2.4 loses records in two ways, which is why it is used like this:
 * - It is not idempotent: after a failed request it rolls the sequence numbers of all partitions back, and the broker
 *   takes the next records for duplicates.
 * - It does not try again by itself: when a partition has moved to a node that has answered already for others, kafkajs'
 *   second try leaves its records out and reports success. So the second try is another send, of all messages.
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
    const connecting = (this.producer ??= this.connect());
    const producer = await connecting;
    const produce = (): Promise<unknown> =>
      producer.send({ topic: this.topic, messages, acks: -1, timeout: ACK_TIMEOUT_MS });
    try {
      await produce();
    } catch (error) {
      if (!mayHaveMoved(error)) throw error;
      await pause(SECOND_TRY_MS);
      // Nobody waits for it any more.
      if (this.producer !== connecting) throw error;
      await produce();
    }
  }

  private async connect(): Promise<Producer> {
    const producer = this.createClient().producer({
      // The partitions that clients in other languages would choose.
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      idempotent: false,
      retry: quickRetries(0),
    });
    await producer.connect();
    return producer;
  }
}

/**
 * Whether fresh metadata, which kafkajs has by then, may name another node: the partition has moved, or its leader has
 * gone. Anything else would be no better a moment later, and another try writes twice what was written.
 */
function mayHaveMoved(error: unknown): boolean {
  if (!(error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded)) return false;
  const type = protocolErrorOf(error);
  return type === null
    ? !(error.cause instanceof kafkajs.KafkaJSRequestTimeoutError)
    : NOT_LED_ERRORS.has(type);
}
