import kafkajs, {
  type Admin,
  type Consumer,
  type IHeaders,
  type Kafka,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import { eventually } from './eventually.js';
import { sharedServices, unique } from './services.js';

// Node does not find these exports by their names.
const { logLevel, Partitioners } = kafkajs;

/** A record as it came from a topic. */
export interface ReceivedRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  key: string | null;
  value: Buffer | null;
  headers: Record<string, string>;
}

/** A record to be written; without a partition the key chooses one. */
export interface RawRecord {
  key?: string | Buffer | null;
  value: string | Buffer | null;
  headers?: IHeaders;
  partition?: number;
  /** Milliseconds since 1970; now by default. */
  timestamp?: number;
}

/** What a compute worker answers to a request: records for the result topic. */
export type Answers = (request: ReceivedRecord) => RawRecord | RawRecord[] | undefined;

/** A compute worker as users write them, with kafkajs alone. It can also write anything anywhere. */
export class Worker {
  private readonly consumers: Consumer[] = [];

  private constructor(
    private readonly kafka: Kafka,
    private readonly producer: Producer,
  ) {}

  /** @param brokers the shared ones by default */
  static async connect(brokers = sharedServices().brokers, sasl?: SASLOptions): Promise<Worker> {
    const retry = { retries: 8, initialRetryTime: 100, maxRetryTime: 1_000 };
    const kafka = new kafkajs.Kafka({ brokers: [brokers], sasl, logLevel: logLevel.NOTHING, retry });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new Worker(kafka, producer);
  }

  /** Writes records; resolves once they are durable. Waits for a topic that is about to be made. */
  async send(topic: string, ...records: RawRecord[]): Promise<void> {
    await this.topicExists(topic);
    const messages = records.map(({ timestamp, key = null, ...record }) => ({
      ...record,
      key,
      ...(timestamp !== undefined && { timestamp: String(timestamp) }),
    }));
    await this.producer.send({ topic, messages });
  }

  /**
   * Reads a topic from its beginning into the array that it gives, which goes on growing. Resolves when it reads.
   *
   * @param onRecord is awaited record by record
   */
  async read(
    topic: string,
    onRecord: (record: ReceivedRecord) => Promise<void> = () => Promise.resolve(),
  ): Promise<ReceivedRecord[]> {
    await this.topicExists(topic);
    const received: ReceivedRecord[] = [];
    const consumer = this.kafka.consumer({ groupId: unique('compute'), maxWaitTimeInMs: 100 });
    this.consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const record = {
          topic,
          partition,
          offset: Number(message.offset),
          timestamp: Number(message.timestamp),
          key: message.key === null ? null : message.key.toString(),
          value: message.value,
          headers: textHeaders(message.headers),
        };
        received.push(record);
        await onRecord(record);
      },
    });
    await joined;
    return received;
  }

  /** Takes the requests of a topic and writes the answers to another. Gives the requests, as `read` does. */
  work(requestTopic: string, resultTopic: string, answers: Answers): Promise<ReceivedRecord[]> {
    return this.read(requestTopic, async (request) => {
      const records = [answers(request) ?? []].flat();
      if (records.length > 0) await this.send(resultTopic, ...records);
    });
  }

  /** Makes a topic with settings of its own. */
  async create(topic: string, settings: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await this.administer((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] }),
    );
  }

  async delete(topic: string): Promise<void> {
    await this.administer((admin) => admin.deleteTopics({ topics: [topic] }));
  }

  /** How many records were ever written to a topic that exists. */
  async written(topic: string): Promise<number> {
    const partitions = await this.administer((admin) => admin.fetchTopicOffsets(topic));
    return partitions.reduce((sum, { high }) => sum + Number(high), 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumers, this.producer].map((client) => client.disconnect()));
  }

  private topicExists(topic: string): Promise<void> {
    return this.administer((admin) =>
      eventually(
        async () => {
          expect(await admin.listTopics()).toContain(topic);
        },
        { timeoutMs: 30_000 },
      ),
    );
  }

  private async administer<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    return work(admin).finally(() => admin.disconnect());
  }
}

/** The value of a record as an object. */
export function jsonOf({ value }: ReceivedRecord): Record<string, unknown> {
  return JSON.parse(String(value)) as Record<string, unknown>;
}

function textHeaders(headers: IHeaders = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
