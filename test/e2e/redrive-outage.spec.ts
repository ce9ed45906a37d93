import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskwireProcess } from '../support/process.js';
import { eventually } from '../support/eventually.js';
import { Rest } from '../support/rest.js';
import { describeWithServices, unique } from '../support/services.js';
import { Worker } from '../support/worker.js';
import { Installation, PATIENCE } from './installation.js';

const LETTERS = 100;
const RATE = 100;
const KILLS = 2;

describeWithServices(
  'a redrive of many letters whose worker process is killed again and again',
  ['kafka', 'postgres'],
  () => {
    let installation: Installation;
    let rest: Rest;
    let worker: Worker;
    let process: TaskwireProcess;

    beforeAll(async () => {
      installation = await Installation.create();
      const web = await installation.start('web');
      process = await installation.start('worker');
      rest = new Rest(web.url);
      worker = await Worker.connect();
    });

    afterAll(() => Promise.all([installation.close(), worker.close()]));

    const count = async (where: string): Promise<number> => {
      const [row] = await installation.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM dead_letters WHERE ${where}`,
      );
      return row?.count ?? NaN;
    };

    /** Redrives all letters of a topic, while the worker process dies in the middle, `KILLS` times. */
    const redrive = async (topic: string): Promise<object> => {
      const { json } = await rest.post<{ id: string; status: string }>('/v1/redrives', {
        filter: { topic },
        ratePerSecond: RATE,
      });
      for (let kill = 0; kill < KILLS; kill++) {
        const before = await count(`topic = '${topic}' AND status = 'redriven'`);
        await eventually(async () => {
          expect(await count(`topic = '${topic}' AND status = 'redriven'`)).toBeGreaterThan(before);
        }, PATIENCE);
        await sleep(Math.random() * 100);
        await process.stop('SIGKILL');
        process = await installation.start('worker');
      }
      return eventually(async () => {
        const answer = await rest.get<{ status: string }>(`/v1/redrives/${json.id}`);
        expect(answer.json.status).toBe('done');
        return answer.json;
      }, PATIENCE);
    };

    it('brings each task back once, and loses none', async () => {
      const tasks = await Promise.all(Array.from({ length: LETTERS }, () => rest.submit()));
      await worker.send(
        `${installation.requestTopic}-dlq`,
        ...tasks.map(({ id }) => ({
          value: 'poison',
          headers: { 'taskwire-task-id': id, 'taskwire-attempt': '1' },
        })),
      );
      await eventually(async () => {
        expect(await installation.histories()).toEqual({ '1 submitted, 2 dead_lettered': LETTERS });
      }, PATIENCE);
      expect(await redrive(installation.requestTopic)).toMatchObject({
        matched: LETTERS,
        sent: LETTERS,
        skipped: 0,
      });
      expect(await installation.histories()).toEqual({ '1 submitted, 2 dead_lettered, 3 redriven': LETTERS });
    });

    it('sends every other record at least once, twice only with the same mark', async () => {
      const topic = unique('orders');
      await worker.create(topic);
      const found = await worker.read(topic);
      const values = Array.from({ length: LETTERS }, (_, n) => `value ${n}`);
      await worker.send(
        `${installation.requestTopic}-dlq`,
        ...values.map((value, offset) => ({
          value: JSON.stringify({
            original: { topic, partition: 0, offset, value },
            error: { type: 'E', message: 'm' },
          }),
        })),
      );
      await eventually(async () => {
        expect(await count(`topic = '${topic}'`)).toBe(LETTERS);
      }, PATIENCE);
      expect(await redrive(topic)).toMatchObject({ matched: LETTERS, sent: LETTERS, skipped: 0, failed: 0 });
      await eventually(() => {
        expect(new Set(found.map(({ value }) => String(value)))).toEqual(new Set(values));
      }, PATIENCE);
      expect(new Set(found.map(({ headers }) => headers['taskwire-redrive-of'])).size).toBe(LETTERS);
    });
  },
);
