import { jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { io } from 'socket.io-client';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Taskwire, TaskwireError } from '../../clients/js/taskwire.js';
import type { TaskEvent, TaskwireOptions } from '../../clients/js/taskwire.js';
import { AppError } from '../../src/errors/app-error.js';
import { EventBus } from '../../src/events/event-bus.js';
import { Followers } from '../../src/events/followers.js';
import { TaskRepository } from '../../src/tasks/task.repository.js';
import { Cable } from '../support/cable.js';
import { eventually } from '../support/eventually.js';
import { startFollowingApp } from '../support/following-app.js';
import { createTestDatabase } from '../support/postgres.js';
import { describeWithServices } from '../support/services.js';
import { SECRET, tokenFor } from '../support/tokens.js';
import { WrittenTask } from '../support/written-task.js';

type Io = NonNullable<TaskwireOptions['io']>;

const sockets: Io = (url, options) => io(url, { ...options, reconnectionDelay: 50 });

/** As where something on the way lets neither WebSockets nor polling through. */
const refusedSockets: Io = (_, options) => sockets('http://127.0.0.1:1', options);

describeWithServices('the browser client', ['postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let app: NestFastifyApplication;
  let cable: Cable;
  let url: string;
  let task: WrittenTask;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startFollowingApp({ DATABASE_URL: database.url });
    cable = await Cable.to(await app.getUrl());
    url = cable.address(await app.getUrl());
  });

  afterAll(async () => {
    // Ends the idle connections of fetch, too, for which the server would wait.
    await cable.cut();
    await app.close();
    await database.drop();
  });

  beforeEach(async () => {
    task = await WrittenTask.create(app.get(DataSource));
  });

  async function happens(...step: Parameters<WrittenTask['append']>): Promise<void> {
    app.get(EventBus).announce([await task.append(...step)]);
  }

  /** What nobody is told of: only who asks the database knows. */
  async function happensUnheard(...step: Parameters<WrittenTask['append']>): Promise<void> {
    await task.append(...step);
  }

  describe.each<[string, Io | undefined]>([
    ['over a socket', sockets],
    ['where sockets are refused', refusedSockets],
    ['without socket.io-client', undefined],
  ])('%s', (_, maker) => {
    let taskwire: Taskwire;
    let seen: TaskEvent[];

    beforeEach(() => {
      taskwire = new Taskwire({ url, ...(maker && { io: maker }) });
      seen = [];
    });

    function follow(after?: number): ReturnType<Taskwire['follow']> {
      return taskwire.follow(
        task.id,
        (event) => {
          seen.push(event);
        },
        after === undefined ? {} : { after },
      );
    }

    async function expectSeen(...seqs: number[]): Promise<void> {
      await eventually(() => {
        expect(seen.map(({ seq }) => seq)).toEqual(seqs);
      });
    }

    it('brings the history and what happens, and resolves with the event that ends the task', async () => {
      await happensUnheard('running');
      const { ended } = follow();
      await expectSeen(1, 2);
      await happens('succeeded', { result: '{"n":1}' });
      const last = await ended;
      expect(last).toMatchObject({
        taskId: task.id,
        seq: 3,
        type: 'succeeded',
        status: 'succeeded',
        data: { result: { n: 1 } },
      });
      expect(seen.at(-1)).toEqual(last);
      await expectSeen(1, 2, 3);
    });

    it('loses no event and repeats none when connections break in the middle', async () => {
      const { ended } = follow();
      await expectSeen(1);
      await happens('running');
      await expectSeen(1, 2);
      await cable.cut();
      await happens('progress');
      await happens('progress');
      await cable.mend();
      await expectSeen(1, 2, 3, 4);
      await happens('progress');
      await cable.cut();
      await happens('failed', { data: '{"error":{"type":"E","message":"m"}}' });
      await cable.mend();
      expect(await ended).toMatchObject({ seq: 6, type: 'failed' });
      await expectSeen(1, 2, 3, 4, 5, 6);
    });

    it('goes past an end that was not the last word', async () => {
      for (const step of ['failed', 'retrying', 'succeeded'] as const) await happensUnheard(step);
      expect(await follow().ended).toMatchObject({ seq: 4, type: 'succeeded' });
      await expectSeen(1, 2, 3, 4);
    });

    it('begins after an event that is known, and says so when there is nothing more', async () => {
      await happensUnheard('running');
      await happensUnheard('succeeded');
      expect(await follow(2).ended).toMatchObject({ seq: 3 });
      await expectSeen(3);
      expect(await follow(3).ended).toBeNull();
    });

    it('tells why a task cannot be followed', async () => {
      const { ended } = taskwire.follow(uuidv7(), () => undefined);
      await expect(ended).rejects.toBeInstanceOf(TaskwireError);
      await expect(ended).rejects.toMatchObject({ name: 'TaskwireError', code: 'not_found' });
    });

    it('tries again what is refused for a reason that passes', async () => {
      const find = jest.spyOn(app.get(TaskRepository), 'find');
      find.mockRejectedValueOnce(new AppError('unavailable', 'Not now.'));
      await happensUnheard('succeeded');
      expect(await follow().ended).toMatchObject({ seq: 2 });
      expect(find).toHaveBeenCalledTimes(2);
      find.mockRestore();
    });

    it('stops when it is told to, and the server knows', async () => {
      const left = jest.spyOn(app.get(Followers), 'leave');
      const following = follow();
      await expectSeen(1);
      following.stop();
      expect(await following.ended).toBeNull();
      await happens('running');
      await eventually(() => {
        expect(left).toHaveBeenCalled();
      });
      await expectSeen(1);
      left.mockRestore();
    });

    it('ends with what the listener throws', async () => {
      const { ended } = taskwire.follow(task.id, () => {
        throw new Error('a mistake in the page');
      });
      await expect(ended).rejects.toThrow('a mistake in the page');
    });

    it('follows one task several times at once, each from its own beginning', async () => {
      const all = follow();
      await expectSeen(1);
      const late: number[] = [];
      const later = taskwire.follow(task.id, ({ seq }) => late.push(seq), { after: 1 });
      const again: number[] = [];
      const repeated = taskwire.follow(task.id, ({ seq }) => again.push(seq));
      await happens('running');
      await happens('succeeded');
      await Promise.all([all.ended, later.ended, repeated.ended]);
      await expectSeen(1, 2, 3);
      expect([late, again]).toEqual([
        [2, 3],
        [1, 2, 3],
      ]);
    });

    it('marks an event whose numbers do not fit', async () => {
      await happensUnheard('running', { data: '{"message":"9007199254740993"}' });
      await happensUnheard('succeeded', { result: '{"id":9007199254740993}' });
      expect(await follow().ended).toMatchObject({ seq: 3, exact: false });
      expect(seen.map(({ exact }) => exact)).toEqual([undefined, undefined, false]);
    });
  });

  it('takes a socket as soon as one can be had', async () => {
    let made: ReturnType<typeof io> | undefined;
    await cable.cut();
    const taskwire = new Taskwire({
      url,
      io: (address, options) => (made = io(address, { ...options, reconnectionDelay: 50 })),
    });
    const seqs: number[] = [];
    const { ended } = taskwire.follow(task.id, ({ seq }) => seqs.push(seq));
    await cable.mend();
    await eventually(() => {
      expect([seqs, made?.connected]).toEqual([[1], true]);
    });
    await happens('succeeded');
    await ended;
    expect([seqs, made?.connected]).toEqual([[1, 2], false]);
  });
});

describeWithServices('the browser client with tokens that end', ['postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startFollowingApp({ DATABASE_URL: database.url, AUTH: 'jwt', JWT_SECRET: SECRET });
  });

  afterAll(async () => {
    app.getHttpServer().closeAllConnections();
    await app.close();
    await database.drop();
  });

  it.each<[string, Io | undefined]>([
    ['a socket', sockets],
    ['server-sent events', undefined],
  ])(
    'asks for another one over %s, and loses no event',
    async (_, maker) => {
      const task = await WrittenTask.create(app.get(DataSource), 'alice');
      let asked = 0;
      const taskwire = new Taskwire({
        url: await app.getUrl(),
        // Each holds for about two seconds.
        token: () => {
          asked++;
          return tokenFor('alice', ['client'], { exp: Math.floor(Date.now() / 1000) + 2 });
        },
        ...(maker && { io: maker }),
      });
      const seqs: number[] = [];
      const { ended } = taskwire.follow(task.id, ({ seq }) => seqs.push(seq));
      await eventually(() => {
        expect(asked).toBeGreaterThan(2);
      });
      app.get(EventBus).announce([await task.append('running')]);
      await eventually(() => {
        expect(seqs).toEqual([1, 2]);
      });
      app.get(EventBus).announce([await task.append('succeeded')]);
      expect(await ended).toMatchObject({ seq: 3 });
      expect(seqs).toEqual([1, 2, 3]);
    },
    45_000,
  );

  it('says that it needs one where it is given none', async () => {
    const taskwire = new Taskwire({ url: await app.getUrl(), token: () => undefined });
    await expect(taskwire.request('/v1/tasks/x/events')).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
