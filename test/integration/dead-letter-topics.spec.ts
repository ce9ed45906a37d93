import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startApp, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';

/** Longer than the transport takes to find a new topic. */
const FOUND_MS = 30_000;

describeWithServices('dead letter topics of other systems', ['kafka', 'postgres'], () => {
  let folder: string;
  let taskwire: TestApp;
  let client: Client;
  let worker: Worker;
  const prefix = unique('other');

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-types-'));
    const TASK_TYPES = path.join(folder, 'types.yaml');
    await writeFile(TASK_TYPES, 'types:\n  default: { delivery: claim }\n');
    const DLQ_TOPICS = `${prefix}.DLT,${prefix}.missing,error.${prefix}.*`;
    worker = await Worker.connect();
    await worker.create(`${prefix}.DLT`);
    taskwire = await startApp({ env: { TASK_TYPES, DLQ_TOPICS } });
    client = new Client(taskwire.url);
  });

  afterAll(async () => {
    await Promise.all([taskwire.close(), worker.close()]);
    await rm(folder, { recursive: true });
  });

  it('are read where no task travels through topics, beside one that does not exist', async () => {
    await worker.send(`${prefix}.DLT`, {
      value: 'lost',
      headers: { 'kafka_dlt-original-topic': prefix, 'kafka_dlt-exception-fqcn': 'java.io.IOException' },
    });
    const [letter] = await eventually(async () => {
      const { items } = await client.letters({ topic: prefix });
      expect(items).toHaveLength(1);
      return items;
    });
    expect(letter).toMatchObject({ kind: 'other', value: 'lost', error: { type: 'java.io.IOException' } });
  });

  it('are read from the moment that one with a matching name exists, and are shown among the topics', async () => {
    const topic = `error.${prefix}.billing`;
    await worker.create(topic);
    await worker.send(topic, { value: 'late' });
    await eventually(
      async () => {
        expect((await client.letters({ topic })).items).toHaveLength(1);
        const { items } = (await (await fetch(`${taskwire.url}/v1/topics`)).json()) as {
          items: { name: string }[];
        };
        const shown = items.filter(({ name }) => name.includes(prefix));
        expect(shown.map(({ name }) => name).sort()).toEqual([topic, `${prefix}.DLT`, `${prefix}.missing`]);
      },
      { timeoutMs: FOUND_MS },
    );
  });
});
