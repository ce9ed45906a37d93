import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { EventBus } from '../../src/events/event-bus.js';
import { EventsRepository, type Page } from '../../src/events/events.repository.js';
import { Followers } from '../../src/events/followers.js';
import { TaskEnd } from '../../src/events/task-end.js';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { startFollowingApp } from '../support/following-app.js';
import { createDatabase, isEmbedded, itOnServer, type TestDatabase } from '../support/test-database.js';
import { describeWithServices } from '../support/services.js';
import { WrittenTask } from '../support/written-task.js';

describeWithServices('following a task', ['postgres'], () => {
  let database: TestDatabase;
  let near: NestFastifyApplication;
  let far: NestFastifyApplication;
  let dataSource: DataSource;
  let task: WrittenTask;

  beforeAll(async () => {
    database = await createDatabase();
    near = await startFollowingApp(database.settings);
    far = isEmbedded ? near : await startFollowingApp(database.settings);
    dataSource = near.get(DataSource);
  });

  afterAll(async () => {
    await Promise.all([...new Set([near, far])].map((app) => app.close()));
    await database.drop();
  });

  beforeEach(async () => {
    task = await WrittenTask.create(dataSource);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('passes events on at once within a process', async () => {
    const reader = new Recorder(near);
    await reader.follow(task.id);
    const event = await task.append('running');
    near.get(EventBus).announce([event]);
    expect(reader.events).toEqual([event]);
  });

  it('passes events on to other processes by a hint, just as they were written', async () => {
    const reader = new Recorder(far);
    await reader.follow(task.id);
    const events = [
      await task.append('running', { data: '{"message":"x"}' }),
      await task.append('succeeded', { result: '{"n":1.0}' }),
    ];
    const since = performance.now();
    near.get(EventBus).announce(events);
    await eventually(() => {
      expect(reader.events).toEqual(events);
    });
    expect(performance.now() - since).toBeLessThan(500);
  });

  it('delivers within 3 s an event whose hint was lost', async () => {
    const readers = [new Recorder(near), new Recorder(far)];
    for (const reader of readers) await reader.follow(task.id);
    await task.append('succeeded', { result: '{}' });
    await eventually(
      () => {
        for (const { seqs } of readers) expect(seqs).toEqual([2]);
      },
      { timeoutMs: 3_000 },
    );
  });

  it('fills a hole from the database before it goes on', async () => {
    const reader = new Recorder(near);
    await reader.follow(task.id);
    await task.append('running');
    await task.append('progress');
    near.get(EventBus).announce([await task.append('succeeded')]);
    await eventually(
      () => {
        expect(reader.seqs).toEqual([2, 3, 4]);
      },
      { timeoutMs: 1_500 },
    );
  });

  it('drops what comes twice, and orders what comes crossed', async () => {
    const reader = new Recorder(near);
    await reader.follow(task.id);
    const [two, three, four] = [
      await task.append('running'),
      await task.append('progress'),
      await task.append('succeeded'),
    ];
    for (const batch of [[three], [two], [two, three], [four], [three, four]])
      near.get(EventBus).announce(batch);
    await eventually(
      () => {
        expect(reader.seqs).toEqual([2, 3, 4]);
      },
      { timeoutMs: 1_500 },
    );
  });

  it('replays a long history in order', async () => {
    for (let seq = 2; seq <= 250; seq++) await task.append('progress');
    const reader = new Recorder(near);
    reader.following.resume(task.id, 0);
    await eventually(
      () => {
        expect(reader.seqs).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
      },
      { timeoutMs: 1_500 },
    );
  });

  it('reads large events in portions, and misses none', async () => {
    const tasks = await Promise.all(Array.from({ length: 8 }, () => WrittenTask.create(dataSource)));
    const result = JSON.stringify(randomBytes(700_000).toString('base64'));
    for (const each of tasks) await each.append('succeeded', { result });
    const sizes: number[] = [];
    const reads = jest.spyOn(near.get(EventsRepository), 'after');
    const reader = new Recorder(near);
    for (const { id } of tasks) reader.following.resume(id, 0);
    await eventually(() => {
      expect(reader.events).toHaveLength(16);
    });
    for (const { value } of reads.mock.results) {
      sizes.push(
        (await (value as Promise<Page[]>))
          .flatMap(({ events }) => events.map((event) => event.result?.length ?? 0))
          .reduce((sum, size) => sum + size, 0),
      );
    }
    expect(Math.max(...sizes)).toBeLessThan(3 * 1024 * 1024);
  });

  it('leaves no gap when following starts while events are written by two processes', async () => {
    const race = async (): Promise<void> => {
      const raced = await WrittenTask.create(dataSource);
      const reader = new Recorder(near);
      const writing = (async () => {
        for (let seq = 2; seq <= 6; seq++) {
          const event = await raced.append('progress');
          (seq % 2 ? near : far).get(EventBus).announce([event]);
        }
      })();
      const following = (async () => {
        await dataSource.query('SELECT pg_sleep($1)', [Math.random() * 0.01]);
        await reader.following.follow(raced.id, {
          read: async () =>
            (await dataSource.query<[{ seq: number }]>('SELECT seq FROM tasks WHERE id = $1', [raced.id]))[0],
          acknowledge: () => {
            expect(reader.events).toEqual([]);
          },
          after: 1,
        });
      })();
      await Promise.all([writing, following]);
      await eventually(
        () => {
          expect(reader.seqs).toEqual([2, 3, 4, 5, 6]);
        },
        { timeoutMs: 3_000 },
      );
    };
    for (let round = 0; round < 40; round++) await Promise.all([race(), race(), race()]);
  });

  it('stands still for a reader with 1 MiB unread, and gives it everything once it has read', async () => {
    const reader = new Recorder(near);
    await reader.follow(task.id);
    reader.unread = 1024 * 1024 + 1;
    near.get(EventBus).announce([await task.append('running')]);
    near.get(EventBus).announce([await task.append('succeeded')]);
    const compared = jest.spyOn(near.get(EventsRepository), 'moved');
    await eventually(() => {
      expect(compared.mock.results).toHaveLength(1);
    });
    await compared.mock.results[0]?.value;
    expect(reader.seqs).toEqual([]);
    reader.unread = 0;
    reader.following.drained();
    await eventually(
      () => {
        expect(reader.seqs).toEqual([2, 3]);
      },
      { timeoutMs: 1_500 },
    );
  });

  itOnServer('reads nothing for hints at tasks that nobody follows', async () => {
    const reads = jest.spyOn(far.get(EventsRepository), 'after');
    const hinted = jest.spyOn(far.get(Followers), 'hinted');
    near.get(EventBus).announce([await task.append('running')]);
    await eventually(() => {
      expect(hinted).toHaveBeenCalledWith([task.id]);
    });
    expect(reads).not.toHaveBeenCalled();
  });

  it('reads once for many readers at the same place', async () => {
    const readers = Array.from({ length: 50 }, () => new Recorder(far));
    for (const reader of readers) await reader.follow(task.id);
    const reads = jest.spyOn(far.get(EventsRepository), 'after');
    near.get(EventBus).announce([await task.append('running')]);
    await eventually(() => {
      for (const { seqs } of readers) expect(seqs).toEqual([2]);
    });
    // One for the hint, and perhaps one for the comparison that happened to run at the same time.
    expect(reads.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('tells an owner of all of his tasks, and of nobody else’s', async () => {
    const readers = [new Recorder(near), new Recorder(far)];
    for (const { following } of readers) following.followOwner('alice');
    const [hers, his] = [
      await WrittenTask.create(dataSource, 'alice'),
      await WrittenTask.create(dataSource, 'bob'),
    ];
    for (const step of ['running', 'succeeded'] as const) {
      near.get(EventBus).announce([await his.append(step), await hers.append(step)]);
      await eventually(() => {
        for (const { events } of readers) expect(events.at(-1)?.type).toBe(step);
      });
    }
    for (const { events } of readers) expect(events.map(({ taskId }) => taskId)).toEqual([hers.id, hers.id]);
  });

  it('follows a task through its end: a retry is told, too', async () => {
    const reader = new Recorder(far);
    await reader.follow(task.id);
    for (const step of ['failed', 'retrying', 'succeeded'] as const)
      near.get(EventBus).announce([await task.append(step)]);
    await eventually(() => {
      expect(reader.events.map(({ type }) => type)).toEqual(['failed', 'retrying', 'succeeded']);
    });
  });

  it('says nothing more after unfollowing or leaving', async () => {
    const readers = [new Recorder(near), new Recorder(near)];
    for (const reader of readers) await reader.follow(task.id);
    readers[0]?.following.unfollow(task.id);
    readers[1]?.following.leave();
    near.get(EventBus).announce([await task.append('running')]);
    for (const { seqs } of readers) expect(seqs).toEqual([]);
  });

  it('shows a history to its owner, and to whoever may see all', async () => {
    const hers = await WrittenTask.create(dataSource, 'alice');
    const events = near.get(EventsRepository);
    const histories = ['alice', null, 'bob'].map((owner) => events.history(hers.id, owner, 0, 10));
    expect((await Promise.all(histories)).map((history) => history?.length ?? null)).toEqual([1, 1, null]);
  });

  describe('waiting for the end of a task', () => {
    const { signal } = new AbortController();

    it('ends with the task, in whichever process that is written', async () => {
      const waits = [near, far].map((app) => app.get(TaskEnd).wait(task.id, { seq: 1, seconds: 60, signal }));
      near.get(EventBus).announce([await task.append('running'), await task.append('succeeded')]);
      await Promise.all(waits);
    });

    it('ends at once where the task ended since it was read', async () => {
      await task.append('succeeded');
      await near.get(TaskEnd).wait(task.id, { seq: 1, seconds: 60, signal });
    });

    it('ends when the time is up', async () => {
      const since = performance.now();
      await near.get(TaskEnd).wait(task.id, { seq: 1, seconds: 0.2, signal });
      expect(performance.now() - since).toBeGreaterThan(150);
    });

    it('ends when the waiter is gone', async () => {
      const gone = new AbortController();
      const wait = near.get(TaskEnd).wait(task.id, { seq: 1, seconds: 60, signal: gone.signal });
      gone.abort();
      await wait;
    });
  });
});
