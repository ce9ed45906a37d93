import { fileURLToPath } from 'node:url';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { KafkaTransportOptions } from '../../src/transport/drivers/kafka/kafka-options.js';
import { KafkaTransport } from '../../src/transport/drivers/kafka/kafka-transport.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { startKafkaBroker, type KafkaBroker } from '../support/kafka.js';
import type { ConformanceDriver, Member, MemberOptions } from './conformance-driver.js';
import type { KafkaMemberArguments } from './kafka-member.js';

const MEMBER = fileURLToPath(new URL('kafka-member.ts', import.meta.url));

/** The Kafka driver over a broker of its own, which `broker` breaks. */
export class KafkaConformanceDriver implements ConformanceDriver {
  private running = true;

  private constructor(readonly broker: KafkaBroker) {}

  static async start(): Promise<KafkaConformanceDriver> {
    return new KafkaConformanceDriver(await startKafkaBroker());
  }

  connect(options: Partial<KafkaTransportOptions> = {}): KafkaTransport {
    return new KafkaTransport({ ...this.options(), ...options }, () => undefined);
  }

  async startMember(options: MemberOptions): Promise<Member> {
    const settings: KafkaMemberArguments = { ...options, kafka: this.options() };
    const child = await Child.start(process.execPath, ['--import', 'tsx', MEMBER, JSON.stringify(settings)]);
    await child.waitForOutput(/^joined$/m);
    return {
      received: () => Array.from(child.output().matchAll(/^received (.*)$/gm), ([, value]) => String(value)),
      kill: async () => {
        await child.stop('SIGKILL');
      },
      freeze: () => {
        child.signal('SIGSTOP');
      },
      thaw: () => {
        child.signal('SIGCONT');
      },
      close: async () => {
        child.signal('SIGCONT');
        await child.stop();
      },
    };
  }

  async deleteTopic(name: string): Promise<void> {
    await this.withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [name] });
      await eventually(async () => {
        expect(await admin.listTopics()).not.toContain(name);
      });
    });
  }

  async crashBroker(): Promise<void> {
    this.running = false;
    await this.broker.kill();
  }

  async startBroker(): Promise<void> {
    if (!this.running) await this.broker.start();
    this.running = true;
  }

  close(): Promise<void> {
    return this.broker.close();
  }

  /** A kafkajs admin client, for what the port does not offer. */
  async withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ brokers: [this.broker.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** The shortest session that a broker allows by default, so that tests of silent members need not wait long. */
  private options(): KafkaTransportOptions {
    return { brokers: [this.broker.brokers], clientId: 'conformance', sessionTimeoutMs: 6_000 };
  }
}
