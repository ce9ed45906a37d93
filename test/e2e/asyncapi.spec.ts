import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { parse } from 'yaml';
import { TASK_EVENT_TYPES, TASK_STATUSES } from '../../src/tasks/task-state.js';
import { ROOT } from '../support/cache.js';
import { Client } from '../support/client.js';
import { contractExamples, exampleRecord } from '../support/contract-examples.js';
import { eventually } from '../support/eventually.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { jsonOf, Worker } from '../support/worker.js';
import { Installation, PATIENCE } from './installation.js';

const SCHEMAS = ['request.schema.json', 'result.schema.json', 'dead-letter.schema.json'];

/**
 * What the final stage of the Dockerfile copies, laid out as there. Node's modules are linked: there are too many, and
 * they are not what can be forgotten.
 */
async function imageLayout(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-image-'));
  const [, stage = ''] = (await readFile(path.join(ROOT, 'Dockerfile'), 'utf8')).split(
    /^FROM .*(?<!AS build)$/m,
  );
  for (const [, source = '', target = ''] of stage.matchAll(
    /^COPY (?:--from=build \/app\/)?(\S+) (\S+)$/gm,
  )) {
    const [from, to] = [path.join(ROOT, source), path.join(folder, target, target === './' ? source : '')];
    if (source === 'node_modules') await symlink(from, path.resolve(to));
    else await cp(from, to, { recursive: true });
  }
  return folder;
}

describeWithServices('the AsyncAPI document', ['kafka', 'postgres'], () => {
  let installation: Installation;
  let image: string;
  let taskwire: TaskwireProcess | undefined;
  let url: string;
  let worker: Worker;
  let text: string;
  let judge: Ajv2020;

  beforeAll(async () => {
    [installation, worker, image] = await Promise.all([
      Installation.create(),
      Worker.connect(),
      imageLayout(),
    ]);
    taskwire = await startTaskwire({ role: 'all', env: installation.settings, folder: image });
    url = taskwire.url;
    const read = async (file: string) => (await fetch(`${url}/${file}`)).text();
    text = await read('asyncapi.yaml');
    judge = new Ajv2020({ strict: false });
    addFormats.default(judge);
    judge.addSchema(parse(text) as object, 'asyncapi.yaml', false, false);
    for (const file of SCHEMAS) judge.addSchema(JSON.parse(await read(file)) as object);
  }, 120_000);

  afterAll(async () => {
    await taskwire?.stop('SIGKILL');
    await Promise.all([installation.close(), worker.close(), rm(image, { recursive: true })]);
  });

  /** What a message's schema has against a value, null if nothing. */
  function faults(message: string, part: 'payload' | 'headers', value: unknown): unknown {
    const validate = judge.compile({ $ref: `asyncapi.yaml#/components/messages/${message}/${part}` });
    return validate(value) ? null : { message, value, errors: validate.errors };
  }

  it('is served from the layout of the image, as it is in contracts/', async () => {
    expect(text).toBe(await readFile(path.join(ROOT, 'contracts', 'asyncapi.yaml'), 'utf8'));
  });

  it('refers to nothing that is not there', async () => {
    const references = [...text.matchAll(/\$ref: '([^']+)'/g)].map(([, reference]) => reference ?? '');
    for (const reference of new Set(references)) {
      if (reference.startsWith('#')) {
        const parts = reference.slice(2).split('/');
        const target = parts.reduce<unknown>(
          (node, part) => (node as Record<string, unknown>)[part],
          parse(text),
        );
        expect([reference, target]).toEqual([reference, expect.anything()]);
      } else {
        const { status } = await fetch(new URL(reference, `${url}/asyncapi.yaml`));
        expect([reference, status]).toEqual([reference, 200]);
      }
    }
  });

  it.each([
    ['request', /^requests/],
    ['result', /^results-(?!poison)/],
  ])('is true of the examples of a %s', (message, files) => {
    const examples = contractExamples<{ error?: string }>(files).filter(({ expect: { error } }) => !error);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const value: unknown = JSON.parse(String(exampleRecord(example).value));
      expect(faults(message, 'payload', value)).toBeNull();
    }
  });

  it('knows the statuses and the events', () => {
    const { components } = parse(text) as {
      components: { schemas: { TaskStatus: unknown; TaskEvent: { properties: { type: unknown } } } };
    };
    expect(components.schemas.TaskStatus).toEqual({ enum: TASK_STATUSES });
    expect(components.schemas.TaskEvent.properties.type).toEqual({ enum: TASK_EVENT_TYPES });
  });

  it('is true of a real task: its request, what a socket says and is told, a dead letter', async () => {
    const { requestTopic, resultTopic } = installation;
    const socket = await SocketClient.connect(url);
    try {
      const requests = await worker.work(requestTopic, resultTopic, (request) => {
        return [
          { value: 'no JSON' },
          { value: JSON.stringify({ taskId: jsonOf(request).taskId, status: 'DONE', n: 1 }) },
        ];
      });
      const { id } = await new Client(url).submit({ n: 9 });
      const asked: [string, 'subscribe' | 'unsubscribe', object][] = [
        ['subscribe', 'subscribe', { taskId: id, after: 0 }],
        ['subscribe', 'subscribe', { mine: true }],
        ['unsubscribe', 'unsubscribe', { mine: true }],
      ];
      for (const [message, event, body] of asked) {
        expect(faults(message, 'payload', body)).toBeNull();
        expect(faults('acknowledgement', 'payload', await socket.ask(event, body))).toBeNull();
      }
      const refused = await socket.ask('subscribe', { taskId: uuidv7() });
      expect(refused).toMatchObject({ ok: false });
      expect(faults('acknowledgement', 'payload', refused)).toBeNull();

      await eventually(() => {
        expect(socket.events.at(-1)).toMatchObject({ type: 'succeeded' });
      }, PATIENCE);
      for (const event of socket.events) expect(faults('task', 'payload', event)).toBeNull();
      for (const request of requests) {
        expect(faults('request', 'payload', jsonOf(request))).toBeNull();
        expect(faults('request', 'headers', request.headers)).toBeNull();
      }
      const letters = await worker.read(`${resultTopic}-dlq`);
      await eventually(() => {
        expect(letters).toHaveLength(1);
      }, PATIENCE);
      for (const letter of letters) {
        expect(faults('deadLetter', 'payload', jsonOf(letter))).toBeNull();
        expect(faults('deadLetter', 'headers', letter.headers)).toBeNull();
      }
    } finally {
      socket.close();
    }
  });
});
