import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../src/auth/caller.js';
import { toProblem } from '../../src/errors/problem.js';
import { toAppError } from '../../src/errors/to-app-error.js';
import { RetryService } from '../../src/tasks/retry.service.js';
import { isOpen, type TaskStatus } from '../../src/tasks/task-state.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

const SLOWLY = { timeoutMs: 40_000 };

describeWithServices('a task', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  /** Another process on the same database. */
  let other: Rest;
  let worker: Worker;

  beforeAll(async () => {
    taskwire = await startApp();
    rest = new Rest(taskwire.url);
    other = new Rest(await (await taskwire.startAnother()).getUrl());
    worker = await Worker.connect();
  });

  afterAll(async () => {
    await worker.close();
    await taskwire.close();
  });

  /** On one partition, so that answers are read in their order. */
  const answer = (id: string, ...values: (object | string)[]) =>
    worker.send(
      taskwire.resultTopic,
      ...values.map((value) => ({
        partition: 0,
        value: typeof value === 'string' ? value : JSON.stringify({ taskId: id, ...value }),
      })),
    );
  const ended = (id: string): Promise<WholeTaskJson> =>
    eventually(async () => {
      const task = await rest.task(id);
      expect(task.finishedAt).not.toBeNull();
      return task;
    }, SLOWLY);
  const dispatches = (ids: string[]) =>
    taskwire.app
      .get(DataSource)
      .query<unknown[]>('SELECT task_id FROM dispatches WHERE task_id = ANY($1)', [ids]);

  describe('is read', () => {
    it('as the worker left it, result and numbers as they came', async () => {
      const { id } = await rest.submit();
      await answer(id, { status: 'RUNNING', progress: 40.5, message: 'half' });
      await answer(id, `{"taskId":"${id}","status":"DONE","ids":[9007199254740993, 1.0],"s":"\\u0000"}`);
      const task = await ended(id);
      expect(task).toMatchObject({
        status: 'succeeded',
        progress: 100,
        message: 'half',
        seq: 3,
        error: null,
      });
      expect(task.startedAt && task.finishedAt && task.startedAt <= task.finishedAt).toBe(true);
      const { text } = await rest.get(`/v1/tasks/${id}`);
      expect(text).toContain('"result":{"ids":[9007199254740993, 1.0],"s":"\\u0000"}');
    });

    it('under its id in any case of letters', async () => {
      const { id } = await rest.submit();
      expect((await rest.task(id.toUpperCase())).id).toBe(id);
    });

    it('with ?wait once it is over', async () => {
      const { id } = await rest.submit();
      const waiting = rest.get(`/v1/tasks/${id}?wait=40`);
      await answer(id, { status: 'FAILED', error: { type: 'E', message: 'no', stack: 's', code: 'c' } });
      const { status, json } = await waiting;
      expect([status, json.status]).toEqual([200, 'failed']);
      expect(json.error).toEqual({ type: 'E', message: 'no', stack: 's', code: 'c' });
    });

    it('with ?wait as it is when the time is up', async () => {
      const { id } = await rest.submit();
      expect((await rest.get(`/v1/tasks/${id}?wait=0.1`)).json.status).toBe('queued');
    });
  });

  describe('that is not there for the caller', () => {
    const verbs = ['', '/cancel', '/retry'];

    it.each(verbs)('answers the same 404 to %s, whatever the id', async (verb) => {
      const ids = [
        uuidv7(),
        '00000000-0000-0000-0000-000000000000',
        '1',
        'not-a-uuid',
        '%00',
        'x'.repeat(80),
      ];
      const answers = await Promise.all(
        ids.map((id) =>
          verb === ''
            ? rest.get<ProblemJson>(`/v1/tasks/${id}`)
            : rest.post<ProblemJson>(`/v1/tasks/${id}${verb}`),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(answers[0]?.json).not.toHaveProperty('instance');
    });

    it('looks the same when it is another owner’s, and stays as it is', async () => {
      const task = await rest.submit({ payload: {}, owner: 'alice' });
      const bob: Caller = {
        owner: 'bob',
        roles: ['client'],
        taskId: null,
        expiresAt: null,
        revoked: null,
        address: '127.0.0.1',
      };
      const tasks = taskwire.app.get(TasksService);
      const refusals = [
        tasks.get(bob, task.id),
        tasks.get(bob, uuidv7()),
        tasks.cancel(bob, task.id),
        taskwire.app.get(RetryService).retry(bob, task.id),
      ];
      const problems = (await Promise.allSettled(refusals)).map((outcome) =>
        JSON.stringify(toProblem(toAppError((outcome as PromiseRejectedResult).reason), '/v1/tasks')),
      );
      expect(problems[0]).toBe((await rest.get(`/v1/tasks/${uuidv7()}`)).text);
      expect(new Set(problems).size).toBe(1);
      expect(await rest.task(task.id)).toEqual(task);
    });
  });

  describe('is cancelled', () => {
    it('while it is queued, scheduled or running, by whom its history tells', async () => {
      const queued = await rest.submit();
      const scheduled = await rest.submit({ payload: {}, delaySeconds: 3600 });
      const running = await rest.submit();
      await answer(running.id, { status: 'RUNNING' });
      await eventually(async () => {
        expect((await rest.task(running.id)).status).toBe('running');
      }, SLOWLY);
      for (const { id } of [queued, scheduled, running]) {
        const { status, json } = await rest.post(`/v1/tasks/${id}/cancel`);
        expect([status, json.status, json.error, json.result]).toEqual([200, 'cancelled', null, null]);
        expect(json).toEqual(await rest.task(id));
        const last = (await rest.events(id)).at(-1);
        expect(last).toMatchObject({ type: 'cancelled', seq: json.seq, data: { by: 'local' } });
      }
      expect(await dispatches([queued.id, scheduled.id, running.id])).toEqual([]);
    });

    it('under its id in any case of letters', async () => {
      const { id } = await rest.submit();
      expect((await rest.post(`/v1/tasks/${id.toUpperCase()}/cancel`)).status).toBe(200);
    });

    it('only while it is not over', async () => {
      const { id } = await rest.submit();
      await answer(id, { status: 'DONE' });
      const before = await ended(id);
      const { status, json } = await rest.post<ProblemJson>(`/v1/tasks/${id}/cancel`);
      expect([status, json.code]).toEqual([409, 'task_terminal']);
      expect(await rest.task(id)).toEqual(before);
    });

    it('once, however many ask at the same time', async () => {
      const { id } = await rest.submit();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => (n % 2 ? rest : other).post(`/v1/tasks/${id}/cancel`)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
      expect((await rest.events(id)).map(({ type }) => type)).toEqual(['submitted', 'cancelled']);
    });

    it('for good: an answer that comes later changes nothing', async () => {
      const { id } = await rest.submit();
      const proof = await rest.submit();
      const { json } = await rest.post(`/v1/tasks/${id}/cancel`);
      await answer(id, { status: 'DONE' }, { taskId: proof.id, status: 'DONE' });
      await ended(proof.id);
      expect(await rest.task(id)).toEqual(json);
    });
  });

  it('ends once, with a history without gaps, however many answers and cancels come at the same time', async () => {
    const tasks = await Promise.all(Array.from({ length: 24 }, () => rest.submit()));
    const ids = tasks.map(({ id }) => id);
    const answers = (partition: number) =>
      worker.send(
        taskwire.resultTopic,
        ...ids.flatMap((taskId, n) =>
          [
            { status: 'RUNNING', progress: 10 * partition },
            { status: 'RUNNING', progress: 10 * partition + 5, message: `from ${partition}` },
            { status: n % 2 ? 'DONE' : 'FAILED', partition },
            { status: 'DONE', partition },
          ].map((value) => ({ partition, value: JSON.stringify({ taskId, ...value }) })),
        ),
      );
    const cancels = (to: Rest, some: string[]) =>
      Promise.all(some.map((id) => to.post(`/v1/tasks/${id}/cancel`).then(({ status }) => ({ id, status }))));
    const [, , , ...cancelled] = await Promise.all([
      answers(0),
      answers(1),
      answers(2),
      cancels(rest, ids.slice(0, 12)),
      cancels(other, [...ids].reverse().slice(6)),
    ]);
    const wins = cancelled.flat().filter(({ status }) => status === 200);
    for (const id of ids) {
      const task = await ended(id);
      const events = await rest.events(id);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter(({ status }) => !isOpen(status as TaskStatus))).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ seq: task.seq, type: task.status });
      expect(wins.filter((win) => win.id === id)).toHaveLength(task.status === 'cancelled' ? 1 : 0);
    }
    expect(await dispatches(ids)).toEqual([]);
  });
});
