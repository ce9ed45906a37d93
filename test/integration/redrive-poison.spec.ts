import { DataSource } from 'typeorm';
import { RedriveRepository } from '../../src/dlq/redrive/redrive.repository.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Letters } from '../support/letters.js';
import { Rest } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

interface Step {
  action: string;
  reason: string | null;
}

describeWithServices(
  'a redrive of many letters, of which one cannot be processed,',
  ['kafka', 'postgres'],
  () => {
    let taskwire: TestApp;
    let rest: Rest;
    let worker: Worker;
    let letters: Letters;

    beforeAll(async () => {
      [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
      rest = new Rest(taskwire.url);
      letters = new Letters(taskwire, worker);
    });

    afterAll(() => Promise.all([taskwire.close(), worker.close()]));

    const historyOf = async (where: string, value: string): Promise<Step[]> => {
      const [letter] = await letters.sql<{ id: string }>(`SELECT id FROM dead_letters WHERE ${where}`, [
        value,
      ]);
      return (await rest.get<{ history: Step[] }>(`/v1/dead-letters/${letter?.id ?? ''}`)).json.history;
    };

    const SKIPPED = [expect.objectContaining({ action: 'skipped', reason: 'unprocessable' })];

    it('skips that one where our own code stumbles over it, and brings back the tasks of the others', async () => {
      const ids = await letters.ofTasks(20);
      const poison = ids[7] ?? '';
      await letters.sql(`UPDATE dead_letters SET headers = '{"broken":5}' WHERE task_id = $1`, [poison]);
      const { json } = await letters.redrive({ filter: { topic: taskwire.requestTopic } });
      expect(await letters.over(json.id, 4_000)).toMatchObject({ status: 'done', sent: 19, skipped: 1 });
      expect(await historyOf('task_id = $1', poison)).toEqual(SKIPPED);
      expect(await rest.task(poison)).toMatchObject({ status: 'dead_lettered', attempt: 1 });
      for (const id of ids.filter((other) => other !== poison))
        expect(await rest.task(id)).toMatchObject({ status: 'queued', attempt: 2, seq: 3 });
    });

    it('skips that one where the database refuses it, and sends the records of the others once', async () => {
      const { topic, found } = await letters.ofRecords(20);
      await letters.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = '22P05'; END $$`);
      await letters.sql(`CREATE TRIGGER poison BEFORE UPDATE OF redrive_due_at ON dead_letters FOR EACH ROW
      WHEN (new.value = 'value 7' AND new.redrive_due_at IS NOT NULL) EXECUTE FUNCTION refuse()`);
      const { json } = await letters.redrive({ filter: { topic } });
      expect(await letters.over(json.id, 4_000)).toMatchObject({ status: 'done', sent: 19, skipped: 1 });
      await letters.sql('DROP TRIGGER poison ON dead_letters');
      expect(await historyOf('value = $1', 'value 7')).toEqual(SKIPPED);
      await eventually(() => {
        expect(found).toHaveLength(19);
      });
    });

    it('refuses that one where its record cannot be made, and sends the records of the others', async () => {
      const { topic, found } = await letters.ofRecords(20);
      await letters.sql(
        `UPDATE dead_letters SET headers = '{"broken":5}' WHERE topic = $1 AND value = 'value 7'`,
        [topic],
      );
      const { json } = await letters.redrive({ filter: { topic } });
      expect(await letters.over(json.id, 4_000)).toMatchObject({ status: 'done', sent: 19, failed: 1 });
      const steps = await historyOf(`value = 'value 7' AND topic = $1`, topic);
      expect(steps.map(({ action }) => action)).toEqual(['redriven', 'refused']);
      await eventually(() => {
        expect(found).toHaveLength(19);
      });
    });

    it('takes no more letters in one step than have 2 MiB of headers, and one at the least', async () => {
      const { topic } = await letters.ofRecords(10);
      await letters.sql(
        `UPDATE dead_letters SET headers = json_build_object('h', repeat('x', CASE WHEN value = 'value 0' THEN 3000000 ELSE 900000 END))
       WHERE topic = $1`,
        [topic],
      );
      const [last] = await letters.sql<{ id: string }>(
        'SELECT id FROM dead_letters WHERE topic = $1 ORDER BY id DESC LIMIT 1',
        [topic],
      );
      const redrives = taskwire.app.get(RedriveRepository);
      const { manager } = taskwire.app.get(DataSource);
      const redrive = { filter: JSON.stringify({ topic }), cursor: null, lastId: last?.id ?? null };
      const first = await redrives.next(manager, redrive, 500);
      const second = await redrives.next(manager, { ...redrive, cursor: first.at(-1) ?? null }, 500);
      expect([first.length, second.length]).toEqual([1, 3]);
    });
  },
);
