import { jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { EventBus } from '../../src/events/event-bus.js';
import { Followers } from '../../src/events/followers.js';
import type { Reader } from '../../src/events/reader.js';
import { eventually } from '../support/eventually.js';
import { startFollowingApp } from '../support/following-app.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { WrittenTask } from '../support/written-task.js';

describeWithServices('the Socket.IO gateway', ['postgres'], () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  let bus: EventBus;
  let task: WrittenTask;
  let client: SocketClient;
  let clients: SocketClient[];

  beforeAll(async () => {
    database = await createDatabase();
    app = await startFollowingApp(database.settings);
    bus = app.get(EventBus);
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  beforeEach(async () => {
    task = await WrittenTask.create(app.get(DataSource));
    clients = [];
    client = await connect();
  });

  afterEach(() => {
    for (const each of clients) each.close();
  });

  async function connect(transports?: string[]): Promise<SocketClient> {
    const connected = await SocketClient.connect(await app.getUrl(), transports);
    clients.push(connected);
    return connected;
  }

  it('answers with the task, and then sends the events that follow it', async () => {
    await task.append('running');
    const answer = await client.ask('subscribe', { taskId: task.id });
    expect(answer).toMatchObject({ ok: true, task: { id: task.id, status: 'running', seq: 2, payload: {} } });
    bus.announce([await task.append('succeeded', { result: '{"vector":[0.1]}' })]);
    await eventually(() => {
      expect(client.events).toEqual([
        {
          taskId: task.id,
          seq: 3,
          type: 'succeeded',
          status: 'succeeded',
          attempt: 1,
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
          data: { result: { vector: [0.1] } },
        },
      ]);
    });
  });

  it('answers first, also when there is something to replay and to tell at that moment', async () => {
    await task.append('running');
    const asked = client.ask('subscribe', { taskId: task.id, after: 0 });
    for (let seq = 3; seq <= 10; seq++) bus.announce([await task.append('progress')]);
    await asked;
    await eventually(() => {
      expect(client.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
    expect(client.log[0]).toHaveProperty('ok', true);
  });

  it('brings a page that was left open to life again when its task is retried', async () => {
    bus.announce([await task.append('failed')]);
    await client.ask('subscribe', { taskId: task.id, after: 1 });
    bus.announce([await task.append('retrying')]);
    await eventually(() => {
      expect(client.events.map(({ type }) => type)).toEqual(['failed', 'retrying']);
    });
  });

  it('goes on after a reconnect where the client stood', async () => {
    await client.ask('subscribe', { taskId: task.id });
    client.close();
    await task.append('running');
    await task.append('succeeded');
    const again = await connect();
    await again.ask('subscribe', { taskId: task.id, after: 1 });
    await eventually(() => {
      expect(again.seqs).toEqual([2, 3]);
    });
  });

  it('says nothing more after unsubscribe', async () => {
    await client.ask('subscribe', { taskId: task.id });
    await client.ask('subscribe', { mine: true });
    expect(await client.ask('unsubscribe', { taskId: task.id })).toEqual({ ok: true });
    expect(await client.ask('unsubscribe', { mine: true })).toEqual({ ok: true });
    bus.announce([await task.append('running')]);
    await client.ask('unsubscribe', { taskId: task.id });
    expect(client.events).toEqual([]);
  });

  it('tells `mine` of every task of the caller, and each event once where a task is followed as well', async () => {
    await client.ask('subscribe', { mine: true });
    await client.ask('subscribe', { taskId: task.id });
    const [other, foreign] = [
      await WrittenTask.create(app.get(DataSource)),
      await WrittenTask.create(app.get(DataSource), 'somebody else'),
    ];
    bus.announce([
      await foreign.append('running'),
      await task.append('running'),
      await other.append('running'),
    ]);
    await eventually(() => {
      expect(client.events.map(({ taskId }) => taskId)).toEqual([task.id, other.id]);
    });
  });

  it('answers the same for an id that does not exist and for one that cannot', async () => {
    const answers = [];
    for (const taskId of [uuidv7(), 'no uuid', '']) answers.push(await client.ask('subscribe', { taskId }));
    for (const answer of answers)
      expect(answer).toEqual({
        ok: false,
        error: { code: 'not_found', message: expect.any(String) as string },
      });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
    ['a list', [1, 2]],
    ['an unknown field', { taskId: uuidv7(), since: 3 }],
    ['two wishes at once', { taskId: uuidv7(), mine: true }],
    ['mine that is not true', { mine: false }],
    ['a task id that is no text', { taskId: 7 }],
    ['a negative after', { taskId: uuidv7(), after: -1 }],
    ['an after with a fraction', { taskId: uuidv7(), after: 1.5 }],
    ['an after beyond every seq', { taskId: uuidv7(), after: 2 ** 31 }],
  ])('refuses %s', async (_, body) => {
    expect(await client.ask('subscribe', body)).toMatchObject({
      ok: false,
      error: { code: 'invalid_request' },
    });
  });

  it('lives on after messages without an acknowledgement or with a wrong name', async () => {
    client.socket.emit('subscribe');
    client.socket.emit('nonsense', { taskId: task.id });
    client.socket.emit('subscribe', { taskId: task.id });
    expect(await client.ask('unsubscribe', { mine: true })).toEqual({ ok: true });
  });

  it('marks what does not fit a JavaScript number, in the answer and in events', async () => {
    await client.ask('subscribe', { taskId: task.id });
    bus.announce([await task.append('succeeded', { result: '{"id":9007199254740993}' })]);
    await eventually(() => {
      expect(client.events).toMatchObject([{ seq: 2, exact: false }]);
    });
    expect(await client.ask('subscribe', { taskId: task.id })).toMatchObject({
      ok: true,
      task: { exact: false },
    });
  });

  it('works over polling, too', async () => {
    const polling = await connect(['polling']);
    await polling.ask('subscribe', { taskId: task.id });
    bus.announce([await task.append('running')]);
    await eventually(() => {
      expect(polling.seqs).toEqual([2]);
    });
  });

  it('stands still for a client that does not read, and gives it everything when it reads again', async () => {
    const join = jest.spyOn(app.get(Followers), 'join');
    const slow = await connect();
    const emit = jest.spyOn(join.mock.calls[0]?.[0] as Reader, 'emit');
    join.mockRestore();
    await slow.ask('subscribe', { taskId: task.id });
    const wire = wireOf(slow);
    wire.pause();
    // Such as PostgreSQL cannot compress.
    const data = JSON.stringify({ message: randomBytes(150_000).toString('base64') });
    for (let seq = 2; seq <= 150; seq++) bus.announce([await task.append('progress', { data })]);
    // Much less than what was announced: what the kernel's buffers hold, and 1 MiB.
    expect(emit.mock.calls.length).toBeLessThan(100);
    wire.resume();
    await eventually(
      () => {
        expect(slow.seqs).toEqual(Array.from({ length: 149 }, (_, index) => index + 2));
      },
      { timeoutMs: 40_000 },
    );
  });
});

describeWithServices('the Socket.IO gateway, when its process ends', ['postgres'], () => {
  it('sends clients elsewhere, so that they come again by themselves', async () => {
    const database = await createDatabase();
    const app = await startFollowingApp(database.settings);
    const client = await SocketClient.connect(await app.getUrl());
    const reason = new Promise((resolve) => client.socket.once('disconnect', resolve));
    await app.close();
    // Not `io server disconnect`, after which a client stays away.
    expect(await reason).toBe('transport close');
    expect(client.socket.active).toBe(true);
    client.close();
    await database.drop();
  });
});

/** The TCP connection below a client; Socket.IO has no public way to stop reading. */
function wireOf({ socket }: SocketClient): { pause: () => void; resume: () => void } {
  const { transport } = socket.io.engine as unknown as {
    transport: { ws: { _socket: ReturnType<typeof wireOf> } };
  };
  return transport.ws._socket;
}
