import type { Message } from 'kafkajs';
import type { OutgoingRecord, PublishResult } from '../../transport.js';
import { Circuit } from './circuit.js';
import { asError, kafkaFaultOf, unavailable } from './kafka-errors.js';

/**
 * The cut of one send, in bytes. All records of a partition in a send are one record batch, and the topic's
 * `max.message.bytes` (1 MiB by default) counts for the batch; this leaves room even if one partition takes them all.
 */
const CUT_BYTES = 512 * 1024;

/** What a record weighs besides key, value and headers, and a header besides its texts, in bytes; rounded up. */
const RECORD_OVERHEAD = 32;
const HEADER_OVERHEAD = 8;

/** What carries messages out; rejects with what the Kafka client threw. */
export interface Sender {
  send(messages: Message[]): Promise<void>;
  close(): Promise<void>;
}

/** One record on its way. */
interface Entry {
  message: Message;
  bytes: number;
  settle(result: PublishResult): void;
  fail(error: Error): void;
}

/**
 * Writes to one topic, in the order of the calls: one send is in flight at a time, and the next takes what has gathered
 * meanwhile, up to the cut. So nothing waits while it is idle, and batches are large under load.
 */
export class TopicWriter {
  private readonly queue: Entry[] = [];
  private readonly circuit = new Circuit();
  private draining: Promise<void> | null = null;

  constructor(private readonly sender: Sender) {}

  /**
   * Resolves when it is known what became of the record.
   *
   * @throws {TransportUnavailableError} when the broker does not answer.
   */
  async write(record: OutgoingRecord): Promise<PublishResult> {
    this.circuit.check(this.draining !== null);
    return new Promise((resolve, reject) => {
      const { key, value, headers = {} } = record;
      const bytes = sizeOfRecord(record);
      this.queue.push({ message: { key, value, headers }, bytes, settle: resolve, fail: reject });
      this.draining ??= this.drain();
    });
  }

  /** Waits for what is on its way, then disconnects. */
  async close(): Promise<void> {
    await this.draining;
    await this.sender.close();
  }

  private async drain(): Promise<void> {
    // All records of one `publish` come before anything is taken.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const entries = takeUpTo(CUT_BYTES, this.queue);
      try {
        await this.send(entries);
        this.circuit.succeeded();
      } catch (error) {
        // Nothing is written after the first record that met a fault of the topic or the transport.
        this.giveUp([...entries, ...this.queue.splice(0)], error);
      }
    }
    this.draining = null;
  }

  /** Settles the entries, or throws a fault that is not a record's: then those that are not settled are not written. */
  private async send(entries: Entry[]): Promise<void> {
    try {
      await this.sender.send(entries.map((entry) => entry.message));
      for (const entry of entries) entry.settle({ outcome: 'durable' });
    } catch (error) {
      if (kafkaFaultOf(error) !== 'record') throw error;
      const [first, ...others] = entries;
      if (first && others.length === 0) first.settle({ outcome: 'refused', error: asError(error) });
      else for (const entry of entries) await this.send([entry]);
    }
  }

  /** For entries that are settled already it changes nothing. */
  private giveUp(entries: Entry[], cause: unknown): void {
    if (kafkaFaultOf(cause) === 'topic') {
      this.circuit.succeeded();
      const error = asError(cause);
      for (const entry of entries) entry.settle({ outcome: 'topic-not-writable', error });
    } else {
      this.circuit.failed(cause);
      const error = unavailable(cause);
      for (const entry of entries) entry.fail(error);
    }
  }
}

/** At least one entry, however large: alone in its send it can be refused without harm to others. */
function takeUpTo(limit: number, queue: Entry[]): Entry[] {
  let bytes = 0;
  const end = queue.findIndex((entry, index) => {
    bytes += entry.bytes;
    return index > 0 && bytes > limit;
  });
  return queue.splice(0, end < 0 ? queue.length : end);
}

/** About what a record weighs in a batch, in bytes. */
function sizeOfRecord({ key, value, headers = {} }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD + sizeOf(key) + sizeOf(value);
  for (const [name, values] of Object.entries(headers)) {
    const ofOne = HEADER_OVERHEAD + sizeOf(name);
    if (Array.isArray(values)) for (const one of values) bytes += ofOne + sizeOf(one);
    else bytes += ofOne + sizeOf(values);
  }
  return bytes;
}

function sizeOf(data: string | Buffer | null): number {
  if (data === null) return 0;
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}
