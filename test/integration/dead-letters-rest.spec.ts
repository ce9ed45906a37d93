import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { startApp, type TestApp } from '../support/app.js';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

const BYTES = Buffer.alloc(900 * 1024, 0xff);

describeWithServices('dead letters over REST', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;
  const topic = unique('somebody');
  let letters: LetterJson[];

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    client = new Client(taskwire.url);
    const values = Array.from({ length: 24 }, (_, n) =>
      JSON.stringify({
        original: { topic, partition: 0, offset: n, value: `${n}`.repeat(n < 12 ? 1 : 250_000) },
        error: { type: n % 2 === 0 ? 'Even' : 'Odd', message: `number ${n}` },
        failedAt: `2026-01-01T00:00:${String(n).padStart(2, '0')}.000Z`,
      }),
    );
    for (const value of values) await worker.send(`${taskwire.requestTopic}-dlq`, { value, partition: 0 });
    letters = await eventually(async () => {
      const small = await client.letters({ topic, limit: '200', failedBefore: '2026-01-01T00:00:12Z' });
      expect(small.items).toHaveLength(12);
      expect(await rows(topic)).toBe(24);
      return small.items;
    });
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const rows = async (name: string): Promise<number> => {
    const sql = 'SELECT count(*) FROM dead_letters WHERE topic = $1';
    const [row] = await taskwire.app.get(DataSource).query<{ count: number }[]>(sql, [name]);
    return row?.count ?? 0;
  };

  const offsets = async (query: Record<string, string>): Promise<unknown[]> =>
    (await client.letters({ topic, limit: '200', ...query })).items.map(({ original }) => original.offset);

  it('come newest first', () => {
    expect(letters.map(({ original }) => original.offset)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('are found by topic, status, error type, fingerprint and time', async () => {
    const before = '2026-01-01T00:00:04Z';
    expect(await offsets({ errorType: 'Odd', failedBefore: before })).toEqual([3, 1]);
    expect(await offsets({ failedAfter: '2026-01-01T00:00:01+00:00', failedBefore: before })).toEqual([3, 2]);
    expect(await offsets({ status: 'open', failedBefore: before })).toEqual([3, 2, 1, 0]);
    expect(await offsets({ status: 'discarded' })).toEqual([]);
    expect(await offsets({ fingerprint: letters[0]?.fingerprint ?? '', failedBefore: before })).toEqual([
      3, 1,
    ]);
    expect(await offsets({ taskId: uuidv7() })).toEqual([]);
  });

  it('come in pages, each behind the other', async () => {
    const query = { topic, failedBefore: '2026-01-01T00:00:12Z', limit: '5' };
    const first = await client.letters(query);
    const second = await client.letters({ ...query, cursor: first.nextCursor ?? '' });
    const third = await client.letters({ ...query, cursor: second.nextCursor ?? '' });
    const pages = [first, second, third].map(({ items }) => items.map(({ original }) => original.offset));
    expect(pages).toEqual([
      [11, 10, 9, 8, 7],
      [6, 5, 4, 3, 2],
      [1, 0],
    ]);
    expect(third.nextCursor).toBeNull();
  });

  it('come in pages of bounded size, however large they are', async () => {
    const count = 20;
    const request = taskwire.requestTopic;
    for (let n = 0; n < count; n++) await worker.send(`${request}-dlq`, { value: BYTES });
    await eventually(
      async () => {
        expect(await rows(request)).toBe(count);
      },
      { timeoutMs: 45_000 },
    );
    const ids: string[] = [];
    let pages = 0;
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const page = await client.letters({ topic: request, limit: '200', ...(cursor !== '' && { cursor }) });
      expect(JSON.stringify(page).length).toBeLessThan(14_000_000);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect([pages, new Set(ids).size]).toEqual([2, count]);
  });

  it('are shown one by one as in the list', async () => {
    expect(await client.get(`/v1/dead-letters/${letters[3]?.id ?? ''}`)).toEqual(letters[3]);
  });

  it.each(['nonsense', uuidv7()])('are not found by an id that does not exist: %s', async (id) => {
    const response = await fetch(`${taskwire.url}/v1/dead-letters/${id}`);
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'not_found' }),
    ]);
  });

  it.each([
    'status=closed',
    'taskId=1',
    'errorType=%00',
    'topic=%00',
    'fingerprint=x',
    'failedAfter=2024-W01',
    'failedAfter=2026-01-01T00:00:00',
    'failedAfter=2026-02-31T00:00:00Z',
    'failedBefore=soon',
    'limit=201',
    'cursor=x',
    'color=red',
  ])('are not looked for with a query that makes no sense: %s', async (query) => {
    const response = await fetch(`${taskwire.url}/v1/dead-letters?${query}`);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_request' }),
    ]);
  });
});
