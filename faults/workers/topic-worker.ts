import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Consumer, type KafkaMessage, type Producer } from 'kafkajs';
import { unique } from '../../test/support/services.js';
import type { History } from '../history/history.js';
import { answersTo, durationOf, type Work } from './answers.js';

// Node does not find these exports by their names.
const { Kafka, logLevel, Partitioners } = kafkajs;

/** Where the worker reads and writes. */
export interface Topics {
  requestTopic: string;
  resultTopic: string;
}

/** An independent worker on topics that does what payloads say, well or badly, and records what it was given. */
export class TopicWorker {
  private held = false;
  private readonly letters = new Set<Promise<void>>();

  private constructor(
    private readonly producer: Producer,
    private readonly consumer: Consumer,
    private readonly topics: Topics,
    private readonly history: History,
  ) {}

  /** Starts it on topics that exist. */
  static async start(brokers: string, topics: Topics, history: History): Promise<TopicWorker> {
    const retry = { retries: 1_000, initialRetryTime: 100, maxRetryTime: 1_000 };
    const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING, retry });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    const consumer = kafka.consumer({
      groupId: unique('wild'),
      maxWaitTimeInMs: 100,
      // kafkajs starts over as a stranger after a crash, and waits for its own ghost.
      sessionTimeout: 6_000,
      rebalanceTimeout: 6_000,
      heartbeatInterval: 1_000,
      retry: { ...retry, restartOnFailure: () => Promise.resolve(true) },
    });
    const worker = new TopicWorker(producer, consumer, topics, history);
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topics: [topics.requestTopic], fromBeginning: true });
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      // All at once: what gathers while a fault lasts is not what its recovery waits for.
      eachBatch: async ({ batch: { partition, messages } }) => {
        await Promise.all(messages.map((message) => worker.take(partition, message)));
      },
    });
    return worker;
  }

  /** Resolves when nothing for the dead letter listener is under way; from then on nothing is written for it. */
  async holdLetters(): Promise<void> {
    this.held = true;
    await Promise.allSettled(this.letters);
  }

  /** Ends that. */
  releaseLetters(): void {
    this.held = false;
  }

  /** Writes a record that nobody can process to the result topic, and records it once it is durable. */
  poison(key: string | null, value: Buffer): Promise<void> {
    return this.letter(() => this.writePoison(key, value));
  }

  private async writePoison(key: string | null, value: Buffer): Promise<void> {
    const topic = this.topics.resultTopic;
    await this.producer.send({ topic, messages: [{ key, value }] });
    this.history.record({
      kind: 'poisoned',
      topic,
      key: key === null ? null : Buffer.from(key).toString('base64'),
      value: value.toString('base64'),
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.producer.disconnect(), this.consumer.disconnect()]);
  }

  private async take(partition: number, message: KafkaMessage): Promise<void> {
    const { taskId, deed, orderingKey } = JSON.parse(String(message.value)) as {
      taskId: string;
      deed: string;
      orderingKey: string | null;
    };
    const attempt = Number(String(message.headers?.['taskwire-attempt']));
    this.history.record({ kind: 'handed-out', taskId, attempt, type: 'wild', orderingKey });
    const work: Work = { taskId, attempt, deed };
    if (deed === 'dead-letter' && attempt === 1 && !this.held)
      await this.letter(() => this.deadLetter(partition, message));
    else await this.answer(work);
  }

  private async letter(write: () => Promise<void>): Promise<void> {
    if (this.held) return;
    const written = write();
    this.letters.add(written);
    await written.finally(() => this.letters.delete(written));
  }

  private async answer(work: Work): Promise<void> {
    await pause(durationOf(work));
    for (const { attempt, nonce, body } of answersTo(work)) {
      this.history.record({ kind: 'answered', taskId: work.taskId, attempt, nonce });
      const value = JSON.stringify(body);
      await this.producer.send({ topic: this.topics.resultTopic, messages: [{ key: work.taskId, value }] });
    }
  }

  private async deadLetter(
    partition: number,
    { key, value, offset, timestamp, headers = {} }: KafkaMessage,
  ): Promise<void> {
    const topic = this.topics.requestTopic;
    const original = {
      topic,
      partition,
      offset: Number(offset),
      timestamp: Number(timestamp),
      key: String(key),
      value: String(value),
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
    };
    const error = { type: 'Unreadable', message: 'the worker cannot read it' };
    await this.producer.send({
      topic: `${topic}-dlq`,
      messages: [{ value: JSON.stringify({ original, error, attempts: 1 }) }],
    });
    this.history.record({
      kind: 'poisoned',
      topic,
      key: key?.toString('base64') ?? null,
      value: value?.toString('base64') ?? '',
    });
  }
}
