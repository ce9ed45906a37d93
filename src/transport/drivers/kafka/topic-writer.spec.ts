import { jest } from '@jest/globals';
import type { Message } from 'kafkajs';
import { TransportUnavailableError, type OutgoingRecord } from '../../transport.js';
import { TopicWriter, type Sender } from './topic-writer.js';

/** A sender that writes down what it is sent, and fails when `fault` says so. */
class FakeSender implements Sender {
  readonly sends: string[][] = [];
  inFlight = 0;
  mostInFlight = 0;

  constructor(public fault: (values: string[]) => string | null = () => null) {}

  async send(messages: Message[]): Promise<void> {
    const values = messages.map(({ value }) => String(value));
    this.sends.push(values);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await new Promise(setImmediate);
    this.inFlight -= 1;
    const type = this.fault(values);
    // kafkajs wraps what it has tried again.
    if (type !== null) throw new Error('gave up', { cause: Object.assign(new Error(type), { type }) });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function record(value: string): OutgoingRecord {
  return { topic: 't', key: 'k', value };
}

function writeAll(writer: TopicWriter, values: string[]): Promise<string[]> {
  return Promise.all(values.map(async (value) => (await writer.write(record(value))).outcome));
}

describe('TopicWriter', () => {
  it('sends at once what comes at once, and then what has gathered meanwhile, with one send in flight', async () => {
    const sender = new FakeSender();
    const writer = new TopicWriter(sender);
    const first = writeAll(writer, ['a', 'b']);
    await Promise.resolve();
    await Promise.resolve();
    const second = writeAll(writer, ['c']);
    const third = writeAll(writer, ['d', 'e']);
    expect(await Promise.all([first, second, third])).toEqual([
      ['durable', 'durable'],
      ['durable'],
      ['durable', 'durable'],
    ]);
    expect(sender.sends).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
    expect(sender.mostInFlight).toBe(1);
  });

  it('cuts sends at 512 KiB, and lets a larger record travel alone', async () => {
    const sender = new FakeSender();
    const small = Array.from({ length: 10 }, (_, index) => String(index).repeat(100_000));
    await writeAll(new TopicWriter(sender), ['x', 'y'.repeat(600_000), ...small]);
    expect(sender.sends.map((values) => values.length)).toEqual([1, 1, 5, 5]);
    expect(sender.sends.flat()).toEqual(['x', 'y'.repeat(600_000), ...small]);
  });

  it('sends a refused batch again one by one, in order, and refuses only the culprit', async () => {
    const sender = new FakeSender((values) => (values.includes('bad') ? 'MESSAGE_TOO_LARGE' : null));
    const outcomes = await writeAll(new TopicWriter(sender), ['a', 'bad', 'b']);
    expect(outcomes).toEqual(['durable', 'refused', 'durable']);
    expect(sender.sends).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
  });

  it.each([
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'TOPIC_AUTHORIZATION_FAILED',
    'NOT_ENOUGH_REPLICAS',
  ])('writes nothing behind a record that met %s, and tries again with the next call', async (type) => {
    const sender = new FakeSender((values) => (values.includes('big') ? 'MESSAGE_TOO_LARGE' : null));
    const writer = new TopicWriter(sender);
    sender.fault = ([first]) => (first === 'b' ? type : 'MESSAGE_TOO_LARGE');
    expect(await writeAll(writer, ['big', 'b', 'c', 'd'.repeat(600_000)])).toEqual([
      'refused',
      'topic-not-writable',
      'topic-not-writable',
      'topic-not-writable',
    ]);
    expect(sender.sends.slice(1)).toEqual([['big'], ['b']]);
    sender.fault = () => null;
    expect(await writeAll(writer, ['e'])).toEqual(['durable']);
  });

  it('throws when the broker does not answer, and then fails at once until a try goes through', async () => {
    const sender = new FakeSender(() => 'REQUEST_TIMED_OUT');
    const writer = new TopicWriter(sender);
    await expect(writer.write(record('a'))).rejects.toThrow(TransportUnavailableError);
    await expect(writer.write(record('b'))).rejects.toThrow('Kafka cannot be reached: gave up');
    expect(sender.sends).toEqual([['a']]);

    sender.fault = () => null;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 2_000);
    const trial = writer.write(record('c'));
    await expect(writer.write(record('d'))).rejects.toThrow(TransportUnavailableError);
    expect(await trial).toEqual({ outcome: 'durable' });
    expect(await writer.write(record('e'))).toEqual({ outcome: 'durable' });
    clock.mockRestore();
  });

  it('has sent everything when it is closed', async () => {
    const sender = new FakeSender();
    const writer = new TopicWriter(sender);
    const writing = writeAll(writer, ['a', 'b']);
    await writer.close();
    expect(sender.sends).toEqual([['a', 'b']]);
    expect(await writing).toEqual(['durable', 'durable']);
  });
});
