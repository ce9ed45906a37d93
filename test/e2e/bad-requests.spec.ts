import type { Socket } from 'node:net';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { tokenFor } from '../support/tokens.js';
import { AttackedTaskwire, received } from './attacked-taskwire.js';

const HEAD = 'Host: localhost\r\nConnection: close\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

/** The status of one answer; fails if there are more, or none. */
function statusOf(answer: string): number {
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  expect(statuses).toHaveLength(1);
  return statuses[0] ?? 0;
}

describeWithServices('a request that nobody should send', ['postgres'], () => {
  let taskwire: AttackedTaskwire;
  let client: Rest;
  let id: string;
  /** Answers to requests that never end, and what keeps them going. */
  let slow: { answers: Promise<string>[]; sockets: Socket[]; dripping: NodeJS.Timeout };

  beforeAll(async () => {
    taskwire = await AttackedTaskwire.start('jwt');
    const exp = Math.floor(Date.now() / 1000) + 600;
    client = new Rest(taskwire.url, await tokenFor('alice', ['client'], { exp }));
    ({ id } = await client.submit());
    slow = await drip([
      `GET /v1/tasks HTTP/1.1\r\nHost: localhost\r\nX-Slow: `,
      `POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n${JSON_TYPE}Content-Length: 1000\r\n\r\n`,
    ]);
  });

  afterEach(() => taskwire.expectUnharmed());
  afterAll(async () => {
    clearInterval(slow.dripping);
    for (const socket of slow.sockets) socket.destroy();
    await taskwire.close();
  });

  /** Sends each beginning, and then a byte now and then, for ever. */
  async function drip(beginnings: string[]): Promise<typeof slow> {
    const sockets = await Promise.all(beginnings.map(() => taskwire.connect()));
    sockets.forEach((socket, index) => socket.write(beginnings[index] ?? ''));
    const dripping = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 500);
    return { answers: sockets.map(received), sockets, dripping };
  }

  const strangePaths = (): string[] => [
    '//v1/tasks',
    '/v1//tasks',
    '/./v1/tasks',
    '/x/../v1/tasks',
    '/%2e/v1/tasks',
    '/x/%2e%2e/v1/tasks',
    '/v1%2ftasks',
    '/v1%252ftasks',
    '/%76%31/tasks',
    '/V1/TASKS',
    '/v1/tasks/',
    '/v1/tasks;x',
    '/v1/tasks%00',
    '/v1/tasks%20',
    '/v1\\tasks',
    '/health/../v1/tasks',
    '/health/live/..%2f..%2fv1%2ftasks',
    '/health/live;/v1/tasks',
    '/metrics%2f..%2fv1%2faudit',
    '/console/..%2f..%2fv1/audit',
    `/v1/tasks/${id}%2fevents`,
    `/v1/tasks/${id}/%73tream`,
    `/v1/tasks/${id}/stream/`,
    `/v1/tasks/${id}?token=x`,
    `/v1/tasks/${id}/events?token=x`,
    'http://localhost/v1/audit',
    '*',
  ];

  it('is let in by no path without credentials, whatever the method', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'PROPFIND', 'DELETE', 'PUT']) {
      for (const path of strangePaths()) {
        const answer = await taskwire.raw(
          `${method} ${path} HTTP/1.1\r\n${HEAD}${JSON_TYPE}Content-Length: 2\r\n\r\n{}`,
        );
        expect([method, path, [400, 401, 404].includes(statusOf(answer))]).toEqual([method, path, true]);
      }
    }
  });

  it('reaches no route of another role by a detour', async () => {
    for (const path of [
      '/v1/tasks/..%2faudit',
      '/v1/tasks/%2e%2e%2faudit',
      '/v1/tasks/../audit',
      '/v1/%61udit',
      '/v1/audit%2f',
      '/v1/tasks/..;/audit',
      '/v1//audit',
      `/v1/tasks/${id}/..%2f..%2faudit`,
    ]) {
      const { authorization } = client.credentials();
      const answer = await taskwire.raw(
        `GET ${path} HTTP/1.1\r\n${HEAD}Authorization: ${authorization}\r\n\r\n`,
      );
      expect([path, [403, 404].includes(statusOf(answer))]).toEqual([path, true]);
    }
  });

  it.each([
    ['two lengths', `Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}`],
    ['a length and chunks', `Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks and a length', `Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`],
    ['another encoding', `Transfer-Encoding: gzip\r\n\r\n{}`],
    ['chunks that are not the last encoding', `Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['chunks by a name that is not quite right', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a length with a sign', `Content-Length: +2\r\n\r\n{}`],
    ['a negative length', `Content-Length: -1\r\n\r\n{}`],
    ['an endless length', `Content-Length: ${'9'.repeat(40)}\r\n\r\n{}`],
    ['a space before the colon', `Content-Length : 2\r\n\r\n{}`],
    ['a folded header', `Content-Length: 2\r\nX: a\r\n b\r\n\r\n{}`],
    ['a chunk that is none', `Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    ['a chunk that is too long', `Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\n{}`],
    ['U+0000 in a header', `X: a\0b\r\nContent-Length: 2\r\n\r\n{}`],
  ])('smuggles nothing in behind it: %s', async (_, rest) => {
    const { authorization } = client.credentials();
    const request = `POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n${JSON_TYPE}Authorization: ${authorization}\r\n${rest}`;
    const smuggled = `GET /health/live HTTP/1.1\r\n${HEAD}\r\n`;
    expect(statusOf(await taskwire.raw(request + smuggled))).toBe(400);
  });

  it.each([
    ['a header of 20 KB', `GET /v1/tasks HTTP/1.1\r\n${HEAD}X: ${'a'.repeat(20_000)}\r\n\r\n`],
    [
      '20 KB of headers',
      `GET /v1/tasks HTTP/1.1\r\n${HEAD}${'X-Rather-Long: abcdefgh\r\n'.repeat(1_000)}\r\n`,
    ],
    ['a query of 20 KB', `GET /v1/tasks?${'a=b&'.repeat(5_000)} HTTP/1.1\r\n${HEAD}\r\n`],
    ['no host', 'GET /v1/tasks HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a handshake of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a method that nobody knows', `BREW /v1/tasks HTTP/1.1\r\n${HEAD}\r\n`],
  ])('is answered without a look at it: %s', async (_, bytes) => {
    expect(statusOf(await taskwire.raw(bytes))).toBe(400);
  });

  it.each([
    '?limit=0',
    '?limit=1e1',
    '?limit=99999999999999999999',
    '?limit=5&limit=6',
    '?cursor=%00',
    '?cursor=%ff%fe',
    '?cursor=AAAA',
    '?type=%00',
    '?type[]=a',
    '?type=a&type=b',
    '?status=__proto__',
    '?__proto__=1',
    '?__proto__[a]=1',
    '?constructor=1',
    '?createdAfter=0000-01-01T00:00:00Z',
    '?createdBefore=-271821-04-20T00:00:00Z',
    '?owner=',
    `?correlationId=${'x'.repeat(513)}`,
    `?${'a=1&'.repeat(3_000)}`,
  ])('asks for a list with %.60s', async (query) => {
    const { status, json } = await client.get<ProblemJson>(`/v1/tasks${query}`);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
  });

  it('names a task by what can be no id', async () => {
    const ids = [
      '%00',
      '%ff%fe',
      '%ed%a0%80',
      '__proto__',
      `{${id}}`,
      `urn:uuid:${id}`,
      `${id}%00`,
      '%F0%9F%92%A9',
    ];
    for (const each of ids)
      for (const suffix of ['', '/events', '/stream'])
        expect([each, (await client.get(`/v1/tasks/${each}${suffix}`)).status]).toEqual([each, 404]);
  });

  it('asks for the head of a stream, and has it', async () => {
    const headers = client.credentials();
    const response = await fetch(`${taskwire.url}/v1/tasks/${id}/stream`, { method: 'HEAD', headers });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('comes over a thousand connections that say nothing, and keeps nobody out', async () => {
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => taskwire.connect()));
    await taskwire.expectUnharmed();
    for (const socket of sockets) socket.destroy();
  });

  it('does not come to an end, and is cut off', async () => {
    const answers = await Promise.all(slow.answers);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*took too long to arrive/);
    await eventually(() => {
      expect(slow.sockets.every(({ destroyed }) => destroyed)).toBe(true);
    });
  });
});
