import { jest } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import { KafkaTopicAdmin } from './kafka-topic-admin.js';

/** A client whose answers the test gives. */
class Client {
  readonly disconnect = jest.fn(() => Promise.resolve());
  readonly answers: { resolve: (topics: object) => void; reject: (error: Error) => void }[] = [];

  admin(): Admin {
    const fetchTopicMetadata = (): Promise<object> =>
      new Promise((resolve, reject) => this.answers.push({ resolve, reject }));
    const connect = (): Promise<void> => Promise.resolve();
    return { connect, disconnect: this.disconnect, fetchTopicMetadata } as unknown as Admin;
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};
const FOUND = { topics: [{ name: 'a', partitions: [{}] }] };

describe('the administrator of topics', () => {
  let clients: Client[];
  let admin: KafkaTopicAdmin;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    clients = [];
    const createClient = (): Kafka => {
      const client = new Client();
      clients.push(client);
      return client as unknown as Kafka;
    };
    admin = new KafkaTopicAdmin(createClient, 1);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets the failures of one client be over when there is another', async () => {
    const failed = Promise.allSettled([admin.describe(['a']), admin.describe(['a'])]);
    await settled();
    clients[0]?.answers[0]?.reject(new Error('Request timed out'));
    await settled();
    const found = admin.describe(['a']);
    await settled();
    clients[0]?.answers[1]?.reject(new Error('Request timed out'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(clients).toHaveLength(2);
    expect(clients.map(({ disconnect }) => disconnect.mock.calls.length)).toEqual([1, 0]);
    clients[1]?.answers[0]?.resolve(FOUND);
    expect(await found).toEqual([{ name: 'a', partitions: 1 }]);
  });

  it('does not wait for an answer that never comes, and asks a new client the next time', async () => {
    const late = Promise.allSettled([admin.describe(['a'])]);
    await settled();
    await jest.advanceTimersByTimeAsync(15_000);
    expect(await late).toMatchObject([{ status: 'rejected' }]);
    const found = admin.describe(['a']);
    await settled();
    clients[1]?.answers[0]?.resolve(FOUND);
    expect(await found).toEqual([{ name: 'a', partitions: 1 }]);
  });
});
