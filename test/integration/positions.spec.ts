import { jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Metrics } from '../../src/observability/metrics.js';
import { ResultsListener } from '../../src/results/results.listener.js';
import type { RecordBatch } from '../../src/transport/transport.js';
import { startApp, type TestApp } from '../support/app.js';
import { recordBatch, type BatchPlace } from '../support/batches.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';

const MINUTE = 60_000;

describeWithServices('the effect of a record', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let listener: ResultsListener;
  let elsewhere: ResultsListener;
  let metrics: Metrics[];

  beforeAll(async () => {
    taskwire = await startApp();
    client = new Client(taskwire.url);
    listener = taskwire.app.get(ResultsListener);
    const another = await taskwire.startAnother();
    elsewhere = another.get(ResultsListener);
    metrics = [taskwire.app.get(Metrics), another.get(Metrics)];
  });

  afterAll(() => taskwire.close());

  /** A partition that no other test reads. */
  const newPlace = (): BatchPlace => ({
    group: unique('group'),
    topic: taskwire.resultTopic,
    timestamp: Date.now(),
  });

  /** Reports of one task, each with a message of its own. */
  const reports = (id: string, place: BatchPlace, messages: string[]): RecordBatch => {
    const values = messages.map((message) => JSON.stringify({ taskId: id, status: 'RUNNING', message }));
    return recordBatch(place, values);
  };

  const messageOf = async (id: string): Promise<string> => (await client.task(id)).message;
  const seqOf = async (id: string): Promise<number> => (await client.task(id)).seq;

  it('happens once when a batch is delivered again, and when a longer one is that begins with it', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    await listener.results(reports(id, place, ['a', 'b']));
    await listener.results(reports(id, place, ['a', 'b']));
    expect([await messageOf(id), await seqOf(id)]).toEqual(['b', 3]);
    await listener.results(reports(id, place, ['a', 'b', 'c']));
    expect([await messageOf(id), await seqOf(id)]).toEqual(['c', 4]);
  });

  it('happens once when two processes have the same batch at the same time', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    const before = await dead();
    const batch = recordBatch(place, [
      JSON.stringify({ taskId: id, status: 'RUNNING', message: 'a' }),
      JSON.stringify({ taskId: unique('nobody'), status: 'DONE' }),
      JSON.stringify({ taskId: id, status: 'RUNNING', message: 'b' }),
    ]);
    await Promise.all([listener, elsewhere, listener].map((each) => each.results(batch)));
    expect([await messageOf(id), await seqOf(id)]).toEqual(['b', 3]);
    expect(await dead()).toBe(before + 1);
  });

  it('happens with the first batch of a partition, wherever it begins', async () => {
    const { id } = await client.submit();
    const place = { ...newPlace(), offset: 1_000 };
    await listener.results(reports(id, place, ['a']));
    await listener.results(reports(id, place, ['a', 'b']));
    expect(await messageOf(id)).toBe('b');
  });

  it('happens again from the start when the topic was made anew: its records are younger', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    const start = Date.now() - MINUTE;
    await listener.results(reports(id, { ...place, offset: 500, timestamp: start }, ['old']));
    const anew = { ...place, highWatermark: 900, timestamp: start + 1 };
    await elsewhere.results(reports(id, { ...anew, offset: 0 }, ['new']));
    expect(await messageOf(id)).toBe('new');
    await listener.results(reports(id, { ...anew, offset: 1 }, ['newer']));
    expect(await messageOf(id)).toBe('newer');
  });

  it('happens again from the start when the topic was made anew: it ends below the position', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    await listener.results(reports(id, { ...place, offset: 500 }, ['old']));
    const anew = reports(id, { ...place, timestamp: Date.now() - MINUTE }, ['new']);
    // A batch that is not acknowledged comes again.
    await eventually(() => listener.results(anew));
    expect(await messageOf(id)).toBe('new');
  });

  it('waits for a second look where a process cannot know whether the topic was made anew', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    await listener.results(reports(id, { ...place, offset: 500 }, ['old']));
    const anew = reports(id, { ...place, timestamp: Date.now() - MINUTE }, ['new']);
    await expect(elsewhere.results(anew)).rejects.toThrow(/ended before 501/);
    await elsewhere.results(anew);
    expect(await messageOf(id)).toBe('new');
  });

  it('does not happen from the batch of a process that was frozen while another one went on', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    const frozen = reports(id, place, ['a', 'b']);
    await elsewhere.results(reports(id, place, ['a', 'b', 'c', 'd']));
    await expect(listener.results(frozen)).rejects.toThrow(/ended before 4/);
    await listener.results({ ...frozen, highWatermark: 4 });
    expect([await messageOf(id), await seqOf(id)]).toEqual(['d', 3]);
    await elsewhere.results(reports(id, { ...place, offset: 4 }, ['e']));
    expect(await messageOf(id)).toBe('e');
  });

  it('is kept apart by group, topic and partition', async () => {
    const { id } = await client.submit();
    const place = newPlace();
    const places = [place, { ...place, partition: 1 }, { ...place, topic: 'x' }, { ...place, group: 'y' }];
    for (const [index, each] of places.entries()) {
      await listener.results(reports(id, each, [`message ${index}`]));
      expect(await messageOf(id)).toBe(`message ${index}`);
    }
  });

  it('takes no more statements for many records than for few', async () => {
    const costOf = async (count: number): Promise<number> => {
      const tasks = await Promise.all(Array.from({ length: count }, () => client.submit()));
      const values = tasks.map(({ id }) => `{"taskId":"${id}","status":"DONE"}`);
      const place = newPlace();
      await listener.results(recordBatch(place, ['the first makes the position']));
      const batch = recordBatch({ ...place, offset: 1 }, [...values, 'not JSON', ...values.map(strange)]);
      const statements = await statementsDuring(place.group, () => listener.results(batch));
      for (const { id } of tasks) expect((await client.task(id)).status).toBe('succeeded');
      return statements;
    };
    const few = await costOf(2);
    expect(few).toBeLessThan(16);
    expect(await costOf(60)).toBe(few);
  });

  /** How many statements the transactions that move positions of a group take. */
  async function statementsDuring(group: string, work: () => Promise<void>): Promise<number> {
    const dataSource = taskwire.app.get(DataSource);
    const transactions: string[][] = [];
    const create = dataSource.createQueryRunner.bind(dataSource);
    const spy = jest.spyOn(dataSource, 'createQueryRunner').mockImplementation((mode) => {
      const runner = create(mode);
      const statements: string[] = [];
      transactions.push(statements);
      const query = runner.query.bind(runner);
      jest.spyOn(runner, 'query').mockImplementation((sql: string, parameters?: object) => {
        statements.push(`${sql} ${JSON.stringify(parameters)}`);
        return query(sql, parameters);
      });
      return runner;
    });
    await work();
    spy.mockRestore();
    return transactions
      .filter((statements) =>
        statements.some((sql) => sql.includes('consumer_positions') && sql.includes(group)),
      )
      .flat().length;
  }

  /** How many dead letters both processes have counted. */
  async function dead(): Promise<number> {
    const counts = await Promise.all(metrics.map(({ results }) => results.get()));
    const values = counts.flatMap((count) => count.values);
    return values.reduce(
      (sum, { labels, value }) => sum + (labels.outcome === 'dead_lettered' ? value : 0),
      0,
    );
  }
});

/** An answer that nobody waits for. */
function strange(value: string): string {
  return value.replace('taskId":"', 'taskId":"no-');
}
