import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { ResultsListener } from '../../src/results/results.listener.js';
import { startApp, type TestApp } from '../support/app.js';
import { recordBatch, type BatchPlace } from '../support/batches.js';
import { Cable } from '../support/cable.js';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/postgres.js';
import { describeWithServices, sharedServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

/** JSON that we can read, but PostgreSQL cannot: it gives up on nesting as deep as this (54001). */
const REFUSED = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

describeWithServices('whose fault it is', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;
  let listener: ResultsListener;
  let cable: Cable;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;

  beforeAll(async () => {
    cable = await Cable.to(sharedServices().databaseUrl);
    database = await createTestDatabase();
    [taskwire, worker] = await Promise.all([
      startApp({ env: { DATABASE_URL: cable.address(database.url) } }),
      Worker.connect(),
    ]);
    client = new Client(taskwire.url);
    listener = taskwire.app.get(ResultsListener);
  });

  afterAll(async () => {
    await Promise.all([taskwire.close(), worker.close()]);
    await cable.cut();
    await database.drop();
  });

  const newPlace = (): BatchPlace => ({
    group: unique('group'),
    topic: taskwire.resultTopic,
    timestamp: Date.now(),
  });

  const lettersOf = async ({ group }: BatchPlace): Promise<LetterJson[]> => {
    const { items } = await client.letters({ limit: '200' });
    return items.filter((letter) => letter.group === group);
  };

  const submitMany = (count: number) =>
    Promise.all(Array.from({ length: count }, async () => (await client.submit()).id));

  const done = (id: string, extra = '1') => `{"taskId":"${id}","status":"DONE","n":${extra}}`;

  it("is a record's when PostgreSQL refuses it: it alone becomes a dead letter, its neighbours count", async () => {
    const place = newPlace();
    const ids = await submitMany(40);
    const [bad = '', worse = ''] = [ids[7], ids[39]];
    await listener.results(
      recordBatch(
        place,
        ids.map((id) => done(id, id === bad || id === worse ? REFUSED : '1')),
      ),
    );
    for (const id of ids) {
      expect((await client.task(id)).status).toBe(id === bad || id === worse ? 'queued' : 'succeeded');
    }
    const letters = await lettersOf(place);
    expect(letters.map(({ original }) => original.offset).sort()).toEqual([39, 7]);
    expect(letters[0]).toMatchObject({
      kind: 'result',
      value: done(worse, REFUSED),
      error: {
        type: 'QueryFailedError',
        code: '54001',
        stack: expect.stringContaining('QueryFailedError') as string,
      },
    });
  });

  it("is the database's when the connection breaks: no dead letter, and the batch counts once it is back", async () => {
    const ids = await submitMany(20);
    await cable.cut();
    const direct = { ...newPlace(), partition: 0 };
    const [first = '', ...others] = ids;
    await expect(listener.results(recordBatch(direct, [done(first)]))).rejects.toThrow();
    await worker.send(taskwire.resultTopic, ...others.map((id) => ({ key: id, value: done(id) })));
    await cable.mend();
    await eventually(() => listener.results(recordBatch(direct, [done(first)])));
    for (const id of ids) expect((await client.ended(id)).status).toBe('succeeded');
    expect(
      (await client.letters()).items.filter(({ value }) => ids.some((id) => value === done(id))),
    ).toEqual([]);
  });

  it("is the database's when it cannot do the work at the moment, whatever it calls that", async () => {
    const [id = ''] = await submitMany(1);
    const place = newPlace();
    const dataSource = taskwire.app.get(DataSource);
    await dataSource.query('ALTER TABLE tasks RENAME TO away');
    try {
      await expect(listener.results(recordBatch(place, [done(id), 'not JSON']))).rejects.toThrow(/tasks/);
    } finally {
      await dataSource.query('ALTER TABLE away RENAME TO tasks');
    }
    expect(await lettersOf(place)).toEqual([]);
    await listener.results(recordBatch(place, [done(id), 'not JSON']));
    expect((await client.task(id)).status).toBe('succeeded');
    expect(await lettersOf(place)).toHaveLength(1);
  });

  it.each([
    ['U+0000', '\0'],
    ['half a character', '{"taskId":"\ud83d'],
    ['a snippet in the error that ends within a character', `{"status":"DONE","a":${'😀'.repeat(20)}}`],
    ['bytes of no encoding', Buffer.from([0xc3, 0x28, 0x00, 0xff])],
    ['an unknown word of odd characters', '{"taskId":"1","status":"\\u0000\\ud800"}'],
    ['an attempt of odd characters', '{"taskId":"1","status":"DONE","attempt":"\\udc00\\u0000"}'],
    ['an unknown task of odd characters', '{"taskId":"\u{10ffff}\u0001","status":"DONE"}'],
  ])('never keeps a dead letter from being stored: %s', async (_, value) => {
    const place = newPlace();
    const [id = ''] = await submitMany(1);
    await listener.results(recordBatch(place, [{ value: Buffer.from(value) }, done(id)]));
    expect(await lettersOf(place)).toHaveLength(1);
    expect((await client.task(id)).status).toBe('succeeded');
  });

  it('never keeps a dead letter from being stored: headers, keys and times of any kind', async () => {
    const bytes = fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array));
    const headers = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 3 })),
    );
    const time = fc.oneof(fc.integer(), fc.constantFrom(-1, 8.64e15, 8.65e15, Number.MAX_SAFE_INTEGER));
    const record = fc.record({ key: fc.option(bytes), value: fc.option(bytes), headers, timestamp: time });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 20, maxLength: 20 }), async (records) => {
        const place = newPlace();
        await listener.results(recordBatch(place, records));
        const stored = await lettersOf(place);
        expect(stored).toHaveLength(records.length);
      }),
      { numRuns: 10 },
    );
  });
});
