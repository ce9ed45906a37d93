import { validate as isUuid } from 'uuid';
import { DataSource } from 'typeorm';
import type { TaskError } from '../../src/tasks/task-state.js';
import { canonical } from '../../src/json/canonical.js';
import { members } from '../../src/json/members.js';
import { decodeBytes } from '../../src/json/text-or-base64.js';
import { ResultsListener } from '../../src/results/results.listener.js';
import { startApp, type TestApp } from '../support/app.js';
import { recordBatch } from '../support/batches.js';
import { Client, type TaskJson } from '../support/client.js';
import { contractExamples, exampleRecord, type ContractExample } from '../support/contract-examples.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { Worker, type RawRecord } from '../support/worker.js';

interface Reading {
  taskId: string | null;
  key: string | null;
  headerTaskId: string | null;
  attempt: number | null;
  report: {
    status: string;
    result?: string;
    error?: TaskError;
    progress?: number | null;
    message: string | null;
  };
}

const EXAMPLES = contractExamples<Reading>(/^results-(?!poison)/);
const POISON = contractExamples<{ error: string }>(/^results-poison/);

describeWithServices('results on a result topic', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    client = new Client(taskwire.url);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const answer = (...records: RawRecord[]) => worker.send(taskwire.resultTopic, ...records);
  const counted = (outcome: string, reason: string) =>
    client.metric('taskwire_results_total', { outcome, reason });

  describe('are read as the contract says:', () => {
    const tasks = new Map<string, string>();
    const examples = new Map<string, ContractExample<Reading>>();

    beforeAll(async () => {
      for (const [index, example] of EXAMPLES.entries()) {
        const name = nameIn(example);
        const ownName = isUuid(name)
          ? null
          : name.length < 4
            ? name
            : `${name}${String(index).padStart(3, '0')}`;
        const task = await client.submit({}, { maxAttempts: 1, ...(ownName && { correlationId: ownName }) });
        const text = JSON.stringify(example).replaceAll(name, ownName ?? task.id);
        tasks.set(example.name, task.id);
        examples.set(example.name, JSON.parse(text) as ContractExample<Reading>);
        await setAttempt(task.id, example.expect.attempt ?? 1);
      }
      await answer(...[...examples.values()].map(rawRecord), ...POISON.map(rawRecord));
    }, 120_000);

    it.each(EXAMPLES)('$name', async ({ name }) => {
      const { report } = examples.get(name)?.expect ?? {};
      const id = tasks.get(name) ?? '';
      const task = await eventually(async () => {
        const found = await client.task(id);
        expect(found.status).toBe(report?.status);
        return found;
      });
      expect(task.message).toBe(report?.message ?? 'Task Received');
      expect(task.error).toEqual(report?.error ?? null);
      if (report?.status === 'running') expect(task.progress).toBe(report.progress ?? 0);
      const text = await (await fetch(`${taskwire.url}/v1/tasks/${id}`)).text();
      expect(canonical(members(text).get('result') ?? '')).toBe(canonical(report?.result ?? 'null'));
    });

    it.each(POISON)('$name: a dead letter, byte for byte', async ({ record, expect: { error } }) => {
      await eventually(async () => {
        const { items } = await client.letters({ topic: taskwire.resultTopic, limit: '200' });
        const letter = items.find(
          ({ key, value, headers }) =>
            JSON.stringify([key, value, headers]) ===
            JSON.stringify([record.key, record.value, record.headers]),
        );
        expect(letter).toMatchObject({ error: { type: 'RecordError', code: error }, kind: 'result' });
      });
    });

    async function setAttempt(id: string, attempt: number): Promise<void> {
      const dataSource = taskwire.app.get(DataSource);
      await dataSource.query('UPDATE tasks SET attempt = $2 WHERE id = $1', [id, attempt]);
      await dataSource.query('UPDATE dispatches SET attempt = $2 WHERE task_id = $1', [id, attempt]);
    }
  });

  it('tell of RUNNING, progress and DONE of one task in one batch: each is an event, progress a single one', async () => {
    const { id } = await client.submit();
    await answer(
      { key: id, value: '{"status":"RUNNING"}' },
      { key: id, value: '{"status":"PROGRESS","progress":20,"message":"one"}' },
      { key: id, value: '{"status":"PROGRESS","progress":60,"message":"two"}' },
      { key: id, value: '{"status":"DONE","n":1}' },
    );
    expect(await client.ended(id)).toMatchObject({ status: 'succeeded', progress: 100, result: { n: 1 } });
    expect(await client.history(id)).toEqual(['submitted', 'running', 'progress', 'succeeded']);
  });

  it('count once: what comes twice, late or from another attempt changes nothing and is counted', async () => {
    const { id } = await client.submit();
    const before = await Promise.all([
      counted('ignored', 'duplicate'),
      counted('ignored', 'already_terminal'),
      counted('ignored', 'stale_attempt'),
    ]);
    await answer(
      { key: id, value: '{"status":"DONE","attempt":7,"n":0}' },
      { key: id, value: '{"status":"DONE","attempt":1,"n":1}' },
      { key: id, value: '{"status":"DONE","attempt":1,"n":2}' },
      { key: id, value: '{"status":"FAILED","attempt":1}' },
      { key: id, value: '{"status":"RUNNING"}' },
    );
    await eventually(async () => {
      expect(await counted('ignored', 'duplicate')).toBe(before[0] + 1);
      expect(await counted('ignored', 'already_terminal')).toBe(before[1] + 2);
      expect(await counted('ignored', 'stale_attempt')).toBe(before[2] + 1);
    });
    expect(await client.task(id)).toMatchObject({ status: 'succeeded', result: { n: 1 }, seq: 2 });
  });

  it('keep 9007199254740993 digit for digit, to the worker and back', async () => {
    const requests = await worker.read(taskwire.requestTopic);
    const { id } = await client.submit('{"fileId": 9007199254740993}');
    const request = await eventually(() => {
      const found = requests.find(({ key }) => key === id);
      expect(String(found?.value)).toBe(`{"taskId":"${id}","fileId": 9007199254740993}`);
      return found;
    });
    await answer({ value: `{"taskId":"${request?.key ?? ''}","status":"DONE","ids":[9007199254740993]}` });
    await client.ended(id);
    const text = await (await fetch(`${taskwire.url}/v1/tasks/${id}`)).text();
    expect(text).toContain('"result":{"ids":[9007199254740993]}');
  });

  it('may have U+0000 and halves of characters in the result, which stay, and in messages, which are mended', async () => {
    const { id } = await client.submit();
    const odd = '"\\u0000 \\ud83d"';
    await answer(
      { key: id, value: `{"status":"RUNNING","message":${odd}}` },
      { key: id, value: `{"status":"DONE","message":${odd},"text":${odd}}` },
    );
    expect((await client.ended(id)).message).toBe('\ufffd \ufffd');
    const text = await (await fetch(`${taskwire.url}/v1/tasks/${id}`)).text();
    expect(text).toContain(`"result":{"text":${odd}}`);
    expect(await client.history(id)).toEqual(['submitted', 'running', 'succeeded']);
  });

  it('end tasks also where the failure says things that PostgreSQL cannot hold', async () => {
    const { id } = await client.submit();
    await answer({
      key: id,
      value: '{"status":"FAILED","error":{"type":"\\ud800","message":"\\u0000","stack":"\\udfff"}}',
    });
    expect(await client.ended(id)).toMatchObject({
      status: 'failed',
      error: { type: '\ufffd', message: '\ufffd', stack: '\ufffd' },
    });
  });

  it('reach their tasks when two listeners have batches that cross', async () => {
    const another = await taskwire.startAnother();
    const listeners = [taskwire.app, another].map((app) => app.get(ResultsListener));
    const tasks: TaskJson[] = await Promise.all(Array.from({ length: 30 }, () => client.submit()));
    const ids = tasks.map(({ id }) => id);
    const rounds = Array.from({ length: 10 }, (_, round) => round);
    await Promise.all(
      listeners.map(async (listener, partition) => {
        const order = partition === 0 ? ids : ids.toReversed();
        for (const round of rounds) {
          const values = order.map(
            (id) => `{"taskId":"${id}","status":"RUNNING","progress":${round + partition / 2}}`,
          );
          const batch = {
            topic: taskwire.resultTopic,
            group: 'crossed',
            partition,
            offset: round * ids.length,
          };
          await listener.results(recordBatch(batch, values));
        }
      }),
    );
    for (const { id } of tasks) expect((await client.task(id)).progress).toBe(9.5);
  });
});

/** What names the task in an example; the rest of the test calls it otherwise. */
function nameIn({ expect: { taskId, key, headerTaskId } }: ContractExample<Reading>): string {
  return taskId ?? key ?? headerTaskId ?? '';
}

function rawRecord(example: ContractExample<unknown>): RawRecord {
  const { value, headers } = exampleRecord(example);
  return { key: decodeBytes(example.record.key), value, headers, partition: 0 };
}
