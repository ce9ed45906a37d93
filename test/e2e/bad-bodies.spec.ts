import { gzipSync } from 'node:zlib';
import type { ProblemJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { AttackedTaskwire } from './attacked-taskwire.js';

const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);
const NO_TASK = '01930000-0000-7000-8000-000000000000';

/** What is sent where, and how it is refused. */
type Case = [what: string, path: string, body: string, code: string];

const REFUSED: Case[] = [
  ['a prototype', '/v1/tasks', '{"payload":{},"__proto__":{"a":1}}', 'invalid_request'],
  ['a prototype in the payload', '/v1/tasks', '{"payload":{"__proto__":{"a":1}}}', 'invalid_request'],
  ['a constructor', '/v1/tasks', '{"payload":{},"constructor":1}', 'invalid_request'],
  [
    'a constructor’s prototype',
    '/v1/tasks',
    '{"payload":{},"constructor":{"prototype":{}}}',
    'invalid_request',
  ],
  ['a list', '/v1/tasks', '[]', 'invalid_request'],
  ['a text', '/v1/tasks', '"{}"', 'invalid_request'],
  ['null', '/v1/tasks', 'null', 'invalid_request'],
  ['a number without end', '/v1/tasks', '1e400', 'invalid_request'],
  ['a payload twice, the last no object', '/v1/tasks', '{"payload":{},"payload":1}', 'invalid_request'],
  [
    'fifty thousand unknown fields',
    '/v1/tasks',
    `{"payload":{},${Array.from({ length: 50_000 }, (_, index) => `"f${index}":1`).join()}}`,
    'invalid_request',
  ],
  ['a million open brackets', '/v1/tasks', '['.repeat(1_000_000), 'invalid_request'],
  ['a deep type', '/v1/tasks', `{"payload":{},"type":${DEEP}}`, 'invalid_request'],
  ['a deep unknown field', '/v1/tasks', `{"payload":{},"x":${DEEP}}`, 'invalid_request'],
  ['a deep payload', '/v1/tasks', `{"payload":{"a":${DEEP}}}`, 'payload_invalid'],
  ['U+0000 in the type', '/v1/tasks', '{"payload":{},"type":"\\u0000"}', 'unknown_task_type'],
  ['a lone surrogate in the type', '/v1/tasks', '{"payload":{},"type":"\\ud800"}', 'unknown_task_type'],
  ...['orderingKey', 'correlationId', 'owner'].flatMap((field): Case[] => [
    [`U+0000 in ${field}`, '/v1/tasks', `{"payload":{},"${field}":"a\\u0000"}`, 'invalid_request'],
    [`a lone surrogate in ${field}`, '/v1/tasks', `{"payload":{},"${field}":"\\udfff"}`, 'invalid_request'],
  ]),
  ['the owner of all', '/v1/tasks', '{"payload":{},"owner":"*"}', 'invalid_request'],
  ['a year beyond all', '/v1/tasks', '{"payload":{},"runAt":"+275760-09-13T00:00:00Z"}', 'invalid_request'],
  ['an endless delay', '/v1/tasks', '{"payload":{},"delaySeconds":1e308}', 'invalid_request'],
  ['a batch that only looks like a list', '/v1/tasks/batch', '{"tasks":{"length":5}}', 'invalid_request'],
  ['a deep batch', '/v1/tasks/batch', `{"tasks":${DEEP},"x":1}`, 'invalid_request'],
  ['U+0000 as the worker', '/v1/claims', '{"worker":"\\u0000"}', 'invalid_request'],
  ['a lone surrogate as the worker', '/v1/claims', '{"worker":"\\ud800"}', 'invalid_request'],
  ['deep types', '/v1/claims', `{"types":${DEEP}}`, 'invalid_request'],
  ['deep claims', '/v1/claims/release', `{"items":${DEEP}}`, 'invalid_request'],
  ['claims that are none', '/v1/claims/release', '{"items":[null,1]}', 'invalid_request'],
  ['results in a list', '/v1/results', '[]', 'invalid_request'],
  ['no results', '/v1/results', '{"results":[]}', 'invalid_request'],
  ['U+0000 as the owner of a token', '/v1/tokens', '{"owner":"\\u0000"}', 'invalid_request'],
  ['a lone surrogate as the owner of a token', '/v1/tokens', '{"owner":"\\ud800"}', 'invalid_request'],
  ['fields where none belong', `/v1/tasks/${NO_TASK}/cancel`, '{"a":1}', 'invalid_request'],
];

describeWithServices('a body that nobody should send', ['postgres'], () => {
  let taskwire: AttackedTaskwire;

  beforeAll(async () => {
    taskwire = await AttackedTaskwire.start();
  });

  afterEach(() => taskwire.expectUnharmed());
  afterAll(() => taskwire.close());

  it.each(REFUSED)('is refused for %s at %s', async (_, path, body, code) => {
    const { status, headers, json } = await taskwire.other.post<ProblemJson>(path, body);
    expect([status >= 400 && status < 500, json.code]).toEqual([true, code]);
    expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('costs its neighbours in a batch nothing', async () => {
    const tasks = ['1', 'null', '[]', `{"payload":{"a":${DEEP}}}`, `{"payload":{},"x":${DEEP}}`];
    const body = `{"tasks":[{"payload":{}},${tasks.join()},{"payload":{}}]}`;
    type Batch = { items: { task?: object; error?: ProblemJson }[] };
    const { status, json } = await taskwire.other.post<Batch>('/v1/tasks/batch', body);
    expect([status, json.items.map(({ error }) => error?.code)]).toEqual([
      202,
      [
        undefined,
        ...Array<string>(3).fill('invalid_request'),
        'payload_invalid',
        'invalid_request',
        undefined,
      ],
    ]);
  });

  it.each([
    ['a deep result', `"status":"DONE","a":${DEEP}`, 'rejected'],
    ['a deep attempt', `"status":"DONE","attempt":${DEEP}`, 'rejected'],
    ['a deep status', `"status":${DEEP}`, 'rejected'],
    ['half a character in its message', '"status":"RUNNING","message":"a\\ud800\\u0000"', 'applied'],
    ['a deep error', `"status":"FAILED","error":${DEEP}`, 'applied'],
  ])('is a result with %s: it costs its neighbour nothing', async (_, fields, outcome) => {
    const { id } = await taskwire.other.submit();
    const good = await taskwire.other.submit();
    await taskwire.other.post('/v1/claims', { max: 100 });
    const results = [
      `{"taskId":"${id}","attempt":1,${fields}}`,
      `{"taskId":"${good.id}","attempt":1,"status":"DONE"}`,
    ];
    type Outcomes = { items: { outcome: string }[] };
    const answer = await taskwire.other.post<Outcomes>('/v1/results', `{"results":[${results.join()}]}`);
    expect(answer.json.items).toMatchObject([{ outcome }, { outcome: 'applied' }]);
  });

  it('is not decompressed, and not taken for what it is not', async () => {
    const bomb = gzipSync(`{"payload":{"a":"${' '.repeat(64 * 1024 * 1024)}"}}`);
    for (const encoding of ['gzip', 'deflate', 'br', 'GZIP', 'gzip, gzip']) {
      const response = await fetch(`${taskwire.url}/v1/tasks`, {
        method: 'POST',
        body: new Uint8Array(bomb),
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      });
      const { code } = (await response.json()) as ProblemJson;
      expect([response.status, code]).toEqual([415, 'unsupported_media_type']);
    }
  });

  it('is refused at 16 MiB where it does not say how long it is', async () => {
    const socket = await taskwire.connect();
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.write(
      'POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `100000\r\n${' '.repeat(1024 * 1024)}\r\n`;
    for (let sent = 0; sent < 64 && answer === ''; sent++)
      await new Promise((resolve) => socket.write(chunk, resolve));
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"payload_too_large"/);
  });

  it('is not UTF-8', async () => {
    const response = await fetch(`${taskwire.url}/v1/tasks`, {
      method: 'POST',
      body: new Uint8Array(
        Buffer.concat([Buffer.from('{"payload":{"a":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}}')]),
      ),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(400);
  });
});
