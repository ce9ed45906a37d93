import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { Client, type LetterJson, type PageJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

interface GroupJson {
  fingerprint: string;
  count: number;
  open: number;
  firstSeen: string;
  lastSeen: string;
  topics: string[];
  error: { type: string; message: string };
  example: { id: string };
}

describeWithServices('dead letters by cause', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;
  const topic = unique('shop');
  let letters: LetterJson[];

  const messages = [
    ...[1, 2, 3, 4].map((n) => `no user ${n} in /data/${n}.json`),
    ...[1, 2, 3].map((n) => `order ${n} is too large`),
    'x'.repeat(5000),
  ];

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    client = new Client(taskwire.url);
    const values = messages.map((message, offset) =>
      JSON.stringify({ original: { topic, partition: 0, offset }, error: { type: 'ShopError', message } }),
    );
    for (const value of values) await worker.send(`${taskwire.requestTopic}-dlq`, { value, partition: 0 });
    letters = await eventually(async () => {
      const { items } = await client.letters({ topic });
      expect(items).toHaveLength(messages.length);
      return items;
    });
    await taskwire.app
      .get(DataSource)
      .query(`UPDATE dead_letters SET status = 'discarded' WHERE original_offset = 0 AND topic = $1`, [
        topic,
      ]);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const groups = async (query: Record<string, string> = {}): Promise<PageJson<GroupJson>> =>
    (await client.get(
      `/v1/dead-letters/groups?${new URLSearchParams({ topic, ...query }).toString()}`,
    )) as PageJson<GroupJson>;

  const counts = async (query: Record<string, string>): Promise<number[]> =>
    (await groups(query)).items.map(({ count }) => count);

  it('are counted, with the newest as the example, the cause seen last first', async () => {
    const { items, nextCursor } = await groups();
    expect(nextCursor).toBeNull();
    expect(
      items.map(({ count, open, error, example }) => ({ count, open, error, example: example.id })),
    ).toEqual([
      { count: 1, open: 1, error: { type: 'ShopError', message: 'x'.repeat(1000) }, example: letters[0]?.id },
      { count: 3, open: 3, error: { type: 'ShopError', message: messages[6] }, example: letters[1]?.id },
      { count: 4, open: 3, error: { type: 'ShopError', message: messages[3] }, example: letters[4]?.id },
    ]);
  });

  it('tell where and when, and lead to their letters by the fingerprint', async () => {
    const group = (await groups()).items[2];
    const { items } = await client.letters({ fingerprint: group?.fingerprint ?? '' });
    expect(items.map(({ id }) => id)).toEqual(letters.slice(4).map(({ id }) => id));
    expect(group).toMatchObject({
      topics: [topic],
      firstSeen: items.at(-1)?.receivedAt,
      lastSeen: items[0]?.receivedAt,
    });
  });

  it('count the letters that match', async () => {
    expect(await counts({ status: 'open' })).toEqual([1, 3, 3]);
    expect(await counts({ status: 'discarded' })).toEqual([1]);
    expect(await counts({ errorType: 'Other' })).toEqual([]);
    expect(await counts({ fingerprint: letters[1]?.fingerprint ?? '' })).toEqual([3]);
  });

  it('come in pages, each behind the other', async () => {
    const first = await groups({ limit: '2' });
    expect(first.items.map(({ count }) => count)).toEqual([1, 3]);
    const second = await groups({ limit: '2', cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ count }) => count)).toEqual([4]);
    expect(second.nextCursor).toBeNull();
  });
});
