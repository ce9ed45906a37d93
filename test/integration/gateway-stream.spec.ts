import { jest } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { request, type IncomingMessage } from 'node:http';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { EventBus } from '../../src/events/event-bus.js';
import { Followers } from '../../src/events/followers.js';
import { eventually } from '../support/eventually.js';
import { startFollowingApp } from '../support/following-app.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';
import { describeWithServices } from '../support/services.js';
import { WrittenTask } from '../support/written-task.js';

/** A stream as it comes in. */
class StreamClient {
  text = '';
  ended = false;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (this.text += chunk));
    response.on('close', () => (this.ended = true));
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<StreamClient> {
    return new Promise((resolve, reject) => {
      request(url, { headers }, (response) => {
        resolve(new StreamClient(response));
      })
        .on('error', reject)
        .end();
    });
  }

  get ids(): number[] {
    return Array.from(this.text.matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id));
  }
}

describeWithServices('a task as a stream and a history', ['postgres'], () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  let bus: EventBus;
  let task: WrittenTask;
  let url: string;

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
    url = `${await app.getUrl()}/v1/tasks/${task.id}`;
  });

  describe('the stream', () => {
    it('brings history and live events, and ends after the one that ends the task', async () => {
      const stream = await StreamClient.open(`${url}/stream`);
      expect(stream.response.headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
      });
      await eventually(() => {
        expect(stream.ids).toEqual([1]);
      });
      bus.announce([await task.append('running')]);
      bus.announce([await task.append('succeeded', { result: '{"n":\n1.00}' })]);
      await eventually(() => {
        expect(stream.ended).toBe(true);
      });
      expect(stream.ids).toEqual([1, 2, 3]);
      expect(stream.text).toMatch(
        new RegExp(
          `event: task\\nid: 3\\ndata: {"taskId":"${task.id}","seq":3,.*"data":{"result":{"n": 1.00}}}\\n\\n$`,
        ),
      );
    });

    it('resumes after Last-Event-ID', async () => {
      await task.append('running');
      const stream = await StreamClient.open(`${url}/stream`, { 'last-event-id': '1' });
      bus.announce([await task.append('succeeded')]);
      await eventually(() => {
        expect(stream.ended).toBe(true);
      });
      expect(stream.ids).toEqual([2, 3]);
    });

    it('begins after `after`, unless Last-Event-ID says more', async () => {
      await task.append('succeeded');
      const from = async (query: string, headers = {}): Promise<number[]> => {
        const stream = await StreamClient.open(`${url}/stream${query}`, headers);
        await eventually(() => {
          expect(stream.ended).toBe(true);
        });
        return stream.ids;
      };
      expect(await from('?after=1')).toEqual([2]);
      expect(await from('?after=1', { 'last-event-id': '0' })).toEqual([1, 2]);
      expect((await fetch(`${url}/stream?after=2`)).status).toBe(204);
    });

    it('goes past an end that was not the last word', async () => {
      for (const step of ['failed', 'retrying', 'succeeded'] as const) await task.append(step);
      const stream = await StreamClient.open(`${url}/stream`);
      await eventually(() => {
        expect(stream.ended).toBe(true);
      });
      expect(stream.ids).toEqual([1, 2, 3, 4]);
    });

    it('is 204 where the task is over and nothing is newer', async () => {
      await task.append('succeeded');
      expect((await fetch(`${url}/stream`, { headers: { 'last-event-id': '2' } })).status).toBe(204);
      expect((await fetch(`${url}/stream`, { headers: { 'last-event-id': '1' } })).status).toBe(200);
    });

    it('is the same 404 for an id that does not exist and for one that cannot', async () => {
      const answers = await Promise.all(
        [uuidv7(), 'nonsense'].map(async (id) => {
          const response = await fetch(`${await app.getUrl()}/v1/tasks/${id}/stream`);
          return [response.status, response.headers.get('content-type'), await response.text()];
        }),
      );
      expect(answers[0]).toEqual([
        404,
        expect.stringMatching(/^application\/problem\+json/),
        expect.stringContaining('"not_found"'),
      ]);
      expect(answers[1]).toEqual(answers[0]);
    });

    it.each([
      ['an unknown query value', '?since=3', {}],
      ['an `after` that is no number', '?after=x', {}],
      ['a Last-Event-ID of somebody else', '', { 'last-event-id': 'abc' }],
    ])('refuses %s', async (_, query, headers) => {
      expect((await fetch(`${url}/stream${query}`, { headers })).status).toBe(400);
    });

    it('stops following when the client is gone', async () => {
      const left = jest.spyOn(app.get(Followers), 'leave');
      const stream = await StreamClient.open(`${url}/stream`);
      stream.response.destroy();
      await eventually(() => {
        expect(left).toHaveBeenCalled();
      });
      left.mockRestore();
    });

    it('ends when the process ends', async () => {
      const other = await startFollowingApp(database.settings);
      const stream = await StreamClient.open(`${await other.getUrl()}/v1/tasks/${task.id}/stream`);
      await other.close();
      expect(stream.ended).toBe(true);
    });
  });

  describe('the history', () => {
    async function get(query: string): Promise<{ items: { seq: number }[]; nextCursor: string | null }> {
      const response = await fetch(`${url}/events${query}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'application/json; charset=utf-8',
      ]);
      return (await response.json()) as Awaited<ReturnType<typeof get>>;
    }

    it('comes in pages, in order, from where it is asked for', async () => {
      for (let seq = 2; seq <= 7; seq++) await task.append('progress');
      const first = await get('?after=1&limit=4');
      expect(first.items.map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
      const second = await get(`?after=1&limit=4&cursor=${first.nextCursor ?? ''}`);
      expect([second.items.map(({ seq }) => seq), second.nextCursor]).toEqual([[6, 7], null]);
      expect(await get('?after=7')).toEqual({ items: [], nextCursor: null });
    });

    it('keeps numbers digit for digit', async () => {
      await task.append('succeeded', { result: '{"id":9007199254740993,"x":1.00}' });
      expect(await (await fetch(`${url}/events?after=1`)).text()).toContain(
        '"data":{"result":{"id":9007199254740993,"x":1.00}}',
      );
    });

    it.each([
      '?after=-1',
      '?after=x',
      '?after=',
      '?after=1e3',
      '?limit=0',
      '?limit=201',
      '?limit=1.5',
      '?cursor=x',
      '?since=1',
      '?after=1&after=2',
    ])('refuses %s', async (query) => {
      expect((await fetch(`${url}/events${query}`)).status).toBe(400);
    });

    it('is the same 404 for an id that does not exist and for one that cannot', async () => {
      const texts = await Promise.all(
        [uuidv7(), 'nonsense'].map(async (id) => {
          const response = await fetch(`${await app.getUrl()}/v1/tasks/${id}/events`);
          return `${response.status} ${await response.text()}`;
        }),
      );
      expect(texts[0]).toMatch(/^404 .*"not_found"/);
      expect(texts[1]).toBe(texts[0]);
    });
  });
});
