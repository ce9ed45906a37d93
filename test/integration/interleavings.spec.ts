import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { brokenPaths } from '../../faults/check/paths.js';
import { dumpDatabase, type Dump, type EventRow } from '../../faults/history/dump.js';
import { startApp, type TestApp } from '../support/app.js';
import type { LetterJson, PageJson } from '../support/client.js';
import { ComputeWorker } from '../support/compute-worker.js';
import { eventually } from '../support/eventually.js';
import { Rest, type Answer } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';

/** Budgets are small and back-offs short, so that every state is met within a few steps. */
const TYPES = `
  once: { maxAttempts: 1 }
  twice: { maxAttempts: 2, retry: { backoffSeconds: 0.05, maxSeconds: 0.05 } }
`;

/** The types of the tasks that they all meet at. */
const TASKS = ['once', 'once', 'twice'];
const ACTORS = 4;
const STEPS = 12;
const RUNS = 15;

const task = fc.nat(TASKS.length - 1);
const attempt = fc.integer({ min: 1, max: 4 });

/**
 * What somebody does to a task, whether or not it makes sense by then; so often that each kind of event comes about ten times
 * in a run, those too that need others before them.
 */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      max: fc.integer({ min: 1, max: TASKS.length }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      task,
      attempt,
      status: fc.constantFrom('RUNNING', 'DONE', 'FAILED'),
      retryable: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'retry' as const, 'release' as const),
      task,
      attempt,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('end lease' as const), task }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('redrive' as const), task }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Refusals are answers; what must not come is a deadlock, a fault of the server, or an answer to nothing. */
const EXPECTED = new Set([200, 202, 404, 409]);

/** The application's own connections leave JSON as the text that it is. */
function parsed(event: EventRow): EventRow {
  const text = event.data as string | null;
  return { ...event, data: text === null ? null : (JSON.parse(text) as EventRow['data']) };
}

describeWithServices(
  'whatever many do to the same tasks at the same time, by two processes',
  ['postgres'],
  () => {
    let taskwire: TestApp;
    let doors: { rest: Rest; worker: ComputeWorker }[];

    beforeAll(async () => {
      taskwire = await startApp({ types: TYPES, env: { KAFKA_BROKERS: '' } });
      const another = await taskwire.startAnother({ ROLE: 'web' });
      doors = [taskwire.url, await another.getUrl()].map((url) => {
        return { rest: new Rest(url), worker: new ComputeWorker(url) };
      });
    });

    afterAll(() => taskwire.close());

    const query = <Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
      taskwire.app.get(DataSource).query<Row[]>(sql, parameters);

    const door = (actor: number) => {
      const chosen = doors[actor % doors.length];
      if (!chosen) throw new Error('there is no door');
      return chosen;
    };

    const timersHaveSeen = async (id: string): Promise<void> => {
      const overdue = `SELECT 1 FROM dispatches WHERE task_id = $1 AND state = 'claimed' AND due_at <= now()`;
      if ((await query(overdue, [id])).length > 0) throw new Error('a lease is over, and nobody has seen it');
    };

    const act = async (actor: number, ids: readonly string[], step: Step): Promise<void> => {
      const { rest, worker } = door(actor);
      const id = 'task' in step ? (ids[step.task] ?? '') : '';
      const said = await say(rest, worker, id, step);
      if (said)
        expect({ step, status: said.status, known: EXPECTED.has(said.status) }).toMatchObject({
          known: true,
        });
    };

    const say = async (
      rest: Rest,
      worker: ComputeWorker,
      id: string,
      step: Step,
    ): Promise<Answer<unknown> | null> => {
      switch (step.kind) {
        case 'claim':
          return worker.tryClaim({ max: step.max, types: [...new Set(TASKS)] });
        case 'report': {
          const { attempt, status, retryable } = step;
          return worker.tryAnswer({ taskId: id, attempt, status, error: { message: 'x', retryable } });
        }
        case 'cancel':
        case 'retry':
          return rest.post(`/v1/tasks/${id}/${step.kind}`);
        case 'redrive': {
          const { json } = await rest.get<PageJson<LetterJson>>(`/v1/dead-letters?taskId=${id}&status=open`);
          const [letter] = json.items;
          return letter ? rest.post(`/v1/dead-letters/${letter.id}/redrive`) : null;
        }
        case 'release':
          await worker.release({ taskId: id, attempt: step.attempt });
          return null;
        case 'end lease':
          await query(`UPDATE dispatches SET due_at = now() WHERE task_id = $1 AND state = 'claimed'`, [id]);
          await eventually(() => timersHaveSeen(id), { timeoutMs: 5_000, intervalMs: 20 });
          return null;
      }
    };

    /** What of the database speaks of these tasks. */
    const dumpOf = async (ids: readonly string[]): Promise<Dump> => {
      const all = await dumpDatabase(query);
      return {
        ...all,
        tasks: all.tasks.filter(({ id }) => ids.includes(id)),
        events: all.events.filter(({ taskId }) => ids.includes(taskId)).map(parsed),
        dispatches: all.dispatches.filter((id) => ids.includes(id)),
      };
    };

    it('each history is a path of the state table, and only open tasks have a dispatch', async () => {
      const kinds = new Set<string>();
      const steps = fc.array(step, { minLength: STEPS, maxLength: STEPS });
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: ACTORS, maxLength: ACTORS }), async (actors) => {
          const submitted = TASKS.map((type) => door(0).rest.submit({ type, payload: {} }));
          const ids = (await Promise.all(submitted)).map(({ id }) => id);
          await Promise.all(
            actors.map(async (own, actor) => {
              for (const one of own) await act(actor, ids, one);
            }),
          );
          for (const id of ids) await door(0).rest.post(`/v1/tasks/${id}/cancel`);
          const dump = await dumpOf(ids);
          expect(brokenPaths([], dump)).toEqual([]);
          expect(dump.dispatches).toEqual([]);
          for (const { type } of dump.events) kinds.add(type);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
      // It was worth it only if they got about.
      for (const kind of [
        'dispatched',
        'running',
        'succeeded',
        'failed',
        'retrying',
        'dead_lettered',
        'redriven',
      ])
        expect(kinds).toContain(kind);
    });
  },
);
