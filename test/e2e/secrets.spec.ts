import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignJWT } from 'jose';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { startGuardedKafka, type GuardedKafka } from '../support/guarded-kafka.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { TraceCollector } from '../support/trace-collector.js';
import { PATIENCE } from './installation.js';

/** In every secret, and nowhere else. */
const MARK = 'hush5ecret';
const JWT_SECRET = `${MARK}-with-which-tokens-are-signed`;
const API_KEY = `${MARK}-api-key`;
const SASL_PASSWORD = `${MARK}-sasl`;

describeWithServices('secrets', ['postgres', 'ownKafka'], ({ databaseUrl }) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let kafka: GuardedKafka;
  let collector: TraceCollector;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    const withPassword = new URL(databaseUrl);
    withPassword.password = `${MARK}-database`;
    [database, kafka, collector, folder] = await Promise.all([
      createTestDatabase(withPassword.href),
      startGuardedKafka(['taskwire'], SASL_PASSWORD),
      TraceCollector.start(),
      mkdtemp(path.join(tmpdir(), 'taskwire-secrets-')),
    ]);
    await kafka.allow(
      ['topic', 'group'].map((resource) => ({
        principal: 'taskwire',
        resource,
        pattern: 'prefixed',
        name: 't',
        operations: ['All'],
      })),
    );
    env = {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: kafka.brokers,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'taskwire',
      KAFKA_SASL_PASSWORD: SASL_PASSWORD,
      AUTH: 'jwt',
      JWT_SECRET,
      API_KEYS: await file('keys.json', [
        { name: 'k', sha256: sha256(API_KEY), owner: 'o', roles: ['client', 'operator'] },
      ]),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      LOG_LEVEL: 'trace',
    };
  }, 120_000);

  afterAll(async () => {
    await Promise.all([kafka.close(), collector.close(), database.drop(), rm(folder, { recursive: true })]);
  });

  it.each([
    ['let in', SASL_PASSWORD, 'ok'],
    ['turned away', `${SASL_PASSWORD}-not`, 'degraded'],
  ])('are in nothing that a process says which the broker has %s', async (_, password, status) => {
    const taskwire = await startTaskwire({ role: 'all', env: { ...env, KAFKA_SASL_PASSWORD: password } });
    try {
      await eventually(async () => {
        expect(await textOf(taskwire, '/health/ready')).toContain(`"status":"${status}","dependencies"`);
      }, PATIENCE);
      const token = await validToken();
      const said = await everythingSaid(taskwire, token);
      expect(await taskwire.stop('SIGTERM')).toBe(0);
      expect(collector.spans).not.toEqual([]);
      const all = [...said, taskwire.output(), JSON.stringify(collector.spans)].join('\n');
      expect(lines(all, [MARK, ...token.split('.').slice(1)])).toEqual([]);
    } finally {
      await taskwire.stop('SIGKILL');
    }
  });

  it('are in nothing that a process says which finds no database', async () => {
    const url = `postgres://somebody:${MARK}@127.0.0.1:1/none`;
    const child = await run({ ...env, DATABASE_URL: url });
    await child.waitForOutput(/ECONNREFUSED/);
    await child.stop('SIGKILL');
    expect(lines(child.output(), [MARK])).toEqual([]);
  });

  it.each<[string, () => Promise<Record<string, string>> | Record<string, string>]>([
    ['DATABASE_URL', () => ({ DATABASE_URL: `mysql://somebody:${MARK}@127.0.0.1/none` })],
    ['DATABASE_URL', () => ({ DATABASE_URL: `postgres://somebody:${MARK}@[127.0.0.1/none` })],
    ['KAFKA_SASL', () => ({ KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD: MARK })],
    ['JWT_PUBLIC_KEY', () => ({ JWT_SECRET: '', JWT_PUBLIC_KEY: `-----BEGIN PUBLIC KEY-----\n${MARK}` })],
    ['JWT_PUBLIC_KEY', () => ({ JWT_PUBLIC_KEY: `-----BEGIN PUBLIC KEY-----\n${MARK}` })],
    ['API_KEYS', async () => ({ API_KEYS: await file('text.json', MARK) })],
    [
      'API_KEYS',
      async () => ({
        API_KEYS: await file('plain.json', [{ name: 'k', sha256: MARK, owner: 'o', roles: [] }]),
      }),
    ],
    [
      'JWT_JWKS',
      async () => ({ JWT_SECRET: '', JWT_JWKS: await file('jwks.json', `{"keys":[{"k":${MARK}`) }),
    ],
  ])('are not in the line that says that %s is wrong', async (name, wrong) => {
    const child = await run({ ...env, ...(await wrong()) });
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain(name);
    expect(lines(child.output(), [MARK])).toEqual([]);
  });

  it('are not in the help', async () => {
    const child = await run(env, '-h');
    expect(await child.exited).toBe(0);
    expect(lines(child.output(), [MARK])).toEqual([]);
  });

  /** Asks for whatever may hold a secret, well and badly, with good credentials and bad ones; all the answers. */
  async function everythingSaid(taskwire: TaskwireProcess, token: string): Promise<string[]> {
    const good = { authorization: `Bearer ${API_KEY}` };
    const json = { ...good, 'content-type': 'application/json' };
    const submitted = await fetch(`${taskwire.url}/v1/tasks`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: '{"payload":{}}',
    });
    expect(submitted.status).toBe(202);
    const { id } = (await submitted.json()) as { id: string };
    const asked: [string, RequestInit][] = [
      ['/metrics', {}],
      ['/openapi.json', {}],
      ['/docs', {}],
      ['/health/ready', {}],
      ['/v1/topics', { headers: good }],
      [`/nowhere?token=${MARK}`, { headers: good }],
      [`/%ZZ?token=${MARK}`, { headers: good }],
      ['/v1/tasks', { headers: { authorization: `Bearer ${MARK}` } }],
      ['/v1/tasks', { headers: { authorization: `Basic ${MARK}` } }],
      ['/v1/tasks', { headers: { authorization: `Bearer ${MARK.repeat(2_000)}` } }],
      ['/v1/tasks', { headers: { authorization: `Bearer ${token}x` } }],
      [`/v1/tasks?token=${MARK}`, { headers: { authorization: `Bearer ${MARK}` } }],
      [`/v1/tasks/${id}/stream?token=${MARK}`, {}],
      [`/v1/tasks/x/stream?token=${token}`, {}],
      ['/v1/tasks', { method: 'POST', headers: json, body: '{' }],
      ['/v1/tasks', { method: 'POST', headers: json, body: '{"payload":1}' }],
      [`/v1/tasks/${id}/cancel`, { method: 'POST', headers: good }],
    ];
    const answers: string[] = [];
    for (const [route, request] of asked) {
      const answer = await fetch(taskwire.url + route, request);
      answers.push(`${JSON.stringify([...answer.headers])}${await answer.text()}`);
    }
    answers.push(JSON.stringify(await SocketClient.refused(taskwire.url, MARK)));
    await eventually(async () => {
      const audit = await fetch(`${taskwire.url}/v1/audit?limit=200`, { headers: good });
      answers.push(await audit.text());
      expect(answers.at(-1)).toContain('GET /v1/tasks/:id/stream');
    });
    return answers;
  }

  async function file(name: string, content: unknown): Promise<string> {
    const target = path.join(folder, name);
    await writeFile(target, typeof content === 'string' ? content : JSON.stringify(content));
    return target;
  }
});

function run(env: Record<string, string>, ...args: string[]): Promise<Child> {
  return Child.start(process.execPath, ['dist/main.js', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
  });
}

async function textOf(taskwire: TaskwireProcess, route: string): Promise<string> {
  return (await fetch(taskwire.url + route)).text();
}

function validToken(): Promise<string> {
  return new SignJWT({ sub: 'alice', roles: ['client'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(JWT_SECRET));
}

function sha256(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The lines of a text that have one of the words in them. */
function lines(text: string, words: readonly string[]): string[] {
  return text.split('\n').filter((line) => words.some((word) => line.includes(word)));
}
