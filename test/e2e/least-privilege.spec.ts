import { readFile } from 'node:fs/promises';
import path from 'node:path';
import kafkajs, { type Kafka } from 'kafkajs';
import pg from 'pg';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { aclLines, KAFKA_FOLDER, startGuardedKafka, type GuardedKafka } from '../support/guarded-kafka.js';
import { startPostgres, type PostgresServer } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { pythonInterpreter } from '../support/python.js';
import { describeWithServices } from '../support/services.js';
import { jsonOf, Worker } from '../support/worker.js';
import { PATIENCE, ready } from './installation.js';

const PASSWORD = 'of-the-test';
const [REQUESTS, RESULTS] = ['topic-task-request', 'topic-task-result'];

const PYTHON_WORKER = `
from taskwire import Worker
worker = Worker(execution="thread")
worker.task()(lambda task: {"more": task.payload["n"] + 1})
worker.run()`;

const TABLES = `
  SELECT c.relname AS table, r.rolname AS role, p.privilege
  FROM pg_class AS c, pg_roles AS r, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(privilege)
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND r.rolname IN ('taskwire_web', 'taskwire_worker')
    AND has_table_privilege(r.rolname, c.oid, p.privilege)`;

const UNNAMED = `
  SELECT relname FROM pg_class AS c
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND NOT has_table_privilege('taskwire_web', c.oid, 'SELECT')
    AND NOT has_table_privilege('taskwire_worker', c.oid, 'SELECT')`;

describeWithServices(
  'an installation with no more rights than the files give',
  ['ownKafka', 'ownPostgres'],
  () => {
    let server: PostgresServer;
    let kafka: GuardedKafka;
    let web: TaskwireProcess;
    let worker: TaskwireProcess;
    let compute: Worker;
    let client: Client;

    beforeAll(async () => {
      const lines = await aclLines();
      const users = [...new Set(lines.map(({ principal }) => principal))];
      [server, kafka] = await Promise.all([startPostgres(), startGuardedKafka(users, PASSWORD)]);
      await kafka.allow(lines);
      await run('postgres', await sqlFile('roles'));
      await Child.run(process.execPath, ['dist/database/migrate-only.js'], {
        cwd: ROOT,
        env: { PATH: process.env.PATH, DATABASE_URL: urlOf('taskwire_owner') },
      });
      await run('taskwire_owner', await sqlFile('grants'));
      // The worker makes the topics.
      worker = await start('worker');
      await ready(worker);
      web = await start('web');
      await ready(web);
      client = new Client(web.url);
      compute = await Worker.connect(kafka.brokers, saslOf('compute'));
    }, 180_000);

    afterAll(async () => {
      await compute.close();
      await Promise.all([web.stop('SIGKILL'), worker.stop('SIGKILL')]);
      await Promise.all([server.close(), kafka.close()]);
    });

    it('has a worker of the Python SDK do a task, with SASL and the rights of compute', async () => {
      const sdk = path.join(ROOT, 'workers', 'python');
      const python = await pythonInterpreter();
      const child = await Child.start(python, ['-c', PYTHON_WORKER], {
        env: { ...saslSettings('compute'), PATH: process.env.PATH, PYTHONPATH: path.join(sdk, 'src') },
      });
      const { id } = await client.submit({ n: 20 });
      expect(await client.ended(id)).toMatchObject({ status: 'succeeded', result: { more: 21 } });
      expect(await child.stop()).toBe(0);
    }, 180_000);

    it('does a task from submission to result, and keeps the dead letters of both directions', async () => {
      await compute.work(REQUESTS, RESULTS, (request) => {
        const { taskId, poison } = jsonOf(request);
        return { value: poison === true ? 'no JSON' : JSON.stringify({ taskId, status: 'DONE' }) };
      });
      const done = await client.submit({ n: 1 }, { orderingKey: 'k', correlationId: 'c' });
      expect(await client.ended(done.id)).toMatchObject({ status: 'succeeded' });

      const other = await Worker.connect(kafka.brokers, saslOf('taskwire-worker'));
      const poisoned = await client.submit({ poison: true });
      await eventually(async () => {
        expect(await client.letters({ topic: RESULTS })).toMatchObject({ items: [{ kind: 'result' }] });
        expect(await other.written(`${RESULTS}-dlq`)).toBe(1);
      }, PATIENCE);
      const error = { type: 'E', message: 'cannot', stack: '' };
      const original = { topic: REQUESTS, partition: 0, offset: 99, key: null, value: '{}', headers: {} };
      await compute.send(`${REQUESTS}-dlq`, {
        value: JSON.stringify({ taskId: poisoned.id, original, error }),
      });
      expect(await client.ended(poisoned.id)).toMatchObject({ status: 'dead_lettered' });
      await other.close();
    });

    it('does everything else that a process does', async () => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'once' };
      const body = '{"payload":{"poison":true},"delaySeconds":60}';
      const post = (): Promise<Response> => fetch(`${web.url}/v1/tasks`, { method: 'POST', headers, body });
      const { id } = (await (await post()).json()) as { id: string };
      expect((await post()).headers.get('idempotency-replayed')).toBe('true');
      expect((await client.post(`/v1/tasks/${id}/cancel`)).status).toBe(200);
      expect((await client.post(`/v1/tasks/${id}/token`)).status).toBe(201);
      for (const path of [
        '/v1/topics',
        '/v1/audit',
        '/v1/tasks',
        '/v1/dead-letters',
        `/v1/tasks/${id}/events`,
      ])
        expect([path, (await fetch(web.url + path)).status]).toEqual([path, 200]);
      for (const { url } of [web, worker]) {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        expect(metrics).toMatch(/^taskwire_consumer_lag\{.*topic="topic-task-result"\} 0$/m);
      }
      for (const process of [web, worker])
        expect(process.output()).not.toMatch(/permission denied|not authorized/i);
    });

    it.each([
      ['taskwire_web', 'DELETE FROM tasks'],
      ['taskwire_web', 'UPDATE task_events SET data = NULL'],
      ['taskwire_web', 'SELECT FROM consumer_positions'],
      ['taskwire_web', 'DELETE FROM audit_entries'],
      ['taskwire_worker', 'INSERT INTO tasks SELECT * FROM tasks'],
      ['taskwire_worker', 'UPDATE task_events SET data = NULL'],
      ['taskwire_worker', 'SELECT secret FROM signing_keys'],
      ['taskwire_worker', 'UPDATE audit_entries SET owner = NULL'],
      ...['taskwire_web', 'taskwire_worker'].flatMap((role) =>
        [
          'TRUNCATE dispatches',
          'DROP TABLE tasks',
          'ALTER TABLE tasks ADD COLUMN more text',
          'CREATE TABLE more (id integer)',
          'CREATE INDEX ON tasks (message)',
          'DELETE FROM taskwire_migrations',
        ].map((sql): [string, string] => [role, sql]),
      ),
    ])('lets %s not %s', async (role, sql) => {
      await expect(run(role, sql)).rejects.toMatchObject({ code: '42501' });
    });

    it('gives rights on every table, and to change none of them as such', async () => {
      expect((await run('postgres', UNNAMED)).rows).toEqual([]);
      expect((await run('postgres', TABLES)).rows).toEqual([]);
    });

    it('starts no process on a schema that is not there, and says who has to make it', async () => {
      await run('postgres', 'CREATE SCHEMA empty; GRANT USAGE ON SCHEMA empty TO taskwire_web');
      const child = await Child.start(process.execPath, ['dist/main.js'], {
        cwd: ROOT,
        env: {
          ...settings('web'),
          DATABASE_URL: `${urlOf('taskwire_web')}?options=-c%20search_path%3Dempty`,
        },
      });
      expect(await child.exited).toBe(1);
      expect(child.output()).toContain('let its owner run node dist/database/migrate-only.js');
    });

    it.each([
      ['taskwire-web', RESULTS],
      ['taskwire-web', `${RESULTS}-dlq`],
      ['taskwire-web', REQUESTS],
      ['taskwire-worker', REQUESTS],
      ['compute', RESULTS],
    ])('lets %s not read %s, were it to find a group', async (user, topic) => {
      const group = {
        principal: user,
        resource: 'group',
        pattern: 'literal',
        name: 'intruders',
        operations: ['Read'],
      };
      await kafka.allow([group]);
      const consumer = intruder(user).consumer({ groupId: 'intruders' });
      const crash = new Promise<Error>((resolve) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          resolve(payload.error);
        });
      });
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      expect((await crash).message).toContain('Topic authorization failed');
      await consumer.disconnect();
    });

    it.each([
      ['taskwire-web', RESULTS],
      ['compute', REQUESTS],
    ])('lets %s not write to %s', async (user, topic) => {
      const producer = intruder(user).producer();
      await producer.connect();
      await expect(producer.send({ topic, messages: [{ value: '{}' }] })).rejects.toMatchObject({
        type: 'TOPIC_AUTHORIZATION_FAILED',
      });
      await producer.disconnect();
    });

    it('says so when a right to write is taken, keeps the tasks, and sends them when it is back', async () => {
      const line = (principal: string) => ({
        principal,
        resource: 'topic',
        pattern: 'literal',
        name: REQUESTS,
        operations: ['Write'],
      });
      const lines = [line('taskwire-web'), line('taskwire-worker')];
      for (const each of lines) await kafka.forbid(each);
      const task = await client.submit({ n: 2 });
      // The web process tries once and leaves it to the relay, which tries for as long as it takes.
      for (const { url } of [web, worker]) await eventually(() => hasLost(url, REQUESTS), PATIENCE);
      expect(await client.task(task.id)).toMatchObject({ status: 'queued' });
      await kafka.allow(lines);
      await eventually(async () => {
        expect(await client.task(task.id)).toMatchObject({ status: 'succeeded' });
      }, PATIENCE);
    });

    it('says so when the right to read results is taken, and reads them when it is back', async () => {
      const line = {
        principal: 'taskwire-worker',
        resource: 'topic',
        pattern: 'literal',
        name: RESULTS,
        operations: ['Read'],
      };
      await kafka.forbid(line);
      const task = await client.submit({ n: 3 });
      await eventually(async () => {
        const answer = await fetch(`${worker.url}/health/ready`);
        expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('listeners')]);
      }, PATIENCE);
      await kafka.allow([line]);
      await eventually(async () => {
        expect(await client.task(task.id)).toMatchObject({ status: 'succeeded' });
      }, PATIENCE);
    });

    function urlOf(role: string): string {
      const url = new URL(server.url);
      url.username = role;
      return url.href;
    }

    function intruder(username: string): Kafka {
      const retry = { retries: 1, restartOnFailure: () => Promise.resolve(false) };
      return new kafkajs.Kafka({
        brokers: [kafka.brokers],
        sasl: saslOf(username),
        logLevel: kafkajs.logLevel.NOTHING,
        retry,
      });
    }

    async function run(role: string, sql: string): Promise<pg.QueryResult> {
      const connection = new pg.Client({ connectionString: urlOf(role) });
      await connection.connect();
      return connection.query(sql).finally(() => connection.end());
    }

    function settings(role: 'web' | 'worker'): Record<string, string> {
      return {
        PATH: process.env.PATH ?? '',
        ROLE: role,
        DATABASE_URL: urlOf(`taskwire_${role}`),
        ...saslSettings(`taskwire-${role}`),
        LOG_LEVEL: 'info',
      };
    }

    function saslSettings(user: string): Record<string, string> {
      return {
        KAFKA_BROKERS: kafka.brokers,
        KAFKA_SASL_MECHANISM: 'scram-sha-512',
        KAFKA_SASL_USERNAME: user,
        KAFKA_SASL_PASSWORD: PASSWORD,
      };
    }

    function start(role: 'web' | 'worker'): Promise<TaskwireProcess> {
      return startTaskwire({ role, env: settings(role) });
    }
  },
);

describe('the script that applies the file of ACLs', () => {
  it('asks for each line of it', async () => {
    const script = path.join(KAFKA_FOLDER, 'apply-acls.sh');
    const output = await Child.run('sh', [script, 'broker:9092', '--command-config', 'admin.properties'], {
      env: { PATH: process.env.PATH, KAFKA_ACLS: 'echo' },
    });
    const lines = await aclLines();
    const expected = lines.map(({ principal, resource, pattern, name, operations }) => {
      const asked = operations.map((operation) => `--operation ${operation}`).join(' ');
      return `--bootstrap-server broker:9092 --command-config admin.properties --add --allow-principal User:${principal} --${resource} ${name} --resource-pattern-type ${pattern} ${asked}`;
    });
    expect(output.trim().split('\n')).toEqual(expected);
  });
});

/** Whether a process says that it cannot write a topic. */
async function hasLost(url: string, topic: string): Promise<void> {
  expect(await new Client(url).get('/health/ready')).toMatchObject({
    status: 'degraded',
    dependencies: expect.arrayContaining([
      { name: 'topics', status: 'degraded', detail: `Cannot be written: ${topic}.` },
    ]) as unknown,
  });
}

function saslOf(username: string) {
  return { mechanism: 'scram-sha-512' as const, username, password: PASSWORD };
}

function sqlFile(name: string): Promise<string> {
  return readFile(path.join(ROOT, 'deploy', 'postgres', `${name}.sql`), 'utf8');
}
