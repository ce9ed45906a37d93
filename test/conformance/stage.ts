import type {
  BatchHandler,
  OutgoingRecord,
  RecordBatch,
  SubscribeOptions,
  Subscription,
  Transport,
} from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import { unique } from '../support/services.js';
import type { ConformanceDriver, Member, MemberOptions } from './conformance-driver.js';

/** What one test needs: names that no other test uses, and transports and members that are closed after it. */
export class Stage {
  private readonly open: { close(): Promise<void> }[] = [];

  constructor(readonly driver: ConformanceDriver) {}

  transport(): Transport {
    const transport = this.driver.connect();
    this.open.push(transport);
    return transport;
  }

  async member(options: MemberOptions): Promise<Member> {
    const member = await this.driver.startMember(options);
    this.open.push(member);
    return member;
  }

  /** The name of a new topic that exists. */
  async topic(partitions = 3): Promise<string> {
    const name = unique('conformance');
    expect(await this.transport().topics.ensure([{ name, partitions }])).toEqual([]);
    return name;
  }

  group(): string {
    return unique('group');
  }

  async close(): Promise<void> {
    await Promise.all(this.open.splice(0).map((one) => one.close()));
  }
}

/** A handler that keeps what it gets. */
export class Collector {
  readonly batches: RecordBatch[] = [];

  /** @param during runs before the batch is acknowledged; what it throws the handler throws. */
  constructor(private readonly during: BatchHandler = () => Promise.resolve()) {}

  readonly handler: BatchHandler = async (batch) => {
    this.batches.push(batch);
    await this.during(batch);
  };

  values(): string[] {
    return this.batches.flatMap((batch) => batch.records.map((record) => String(record.value)));
  }
}

/** A subscription that runs. */
export async function subscribed(
  transport: Transport,
  options: SubscribeOptions,
  handler: BatchHandler,
): Promise<Subscription> {
  const subscription = await transport.subscribe(options, handler);
  await eventually(() => {
    expect(subscription.state()).toEqual({ status: 'running' });
  });
  return subscription;
}

/** Records with values `PREFIX-0`, `PREFIX-1`, …, each with a key of its own unless one is given. */
export function records(topic: string, prefix: string, count: number, key?: string): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const value = `${prefix}-${index}`;
    return { topic, key: key ?? value, value };
  });
}

/** Publishes, and expects every record to be durable. Gives their values. */
export async function published(transport: Transport, outgoing: OutgoingRecord[]): Promise<string[]> {
  const results = await transport.publish(outgoing);
  expect(results).toEqual(outgoing.map(() => ({ outcome: 'durable' })));
  return outgoing.map(({ value }) => String(value));
}
