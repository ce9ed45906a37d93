import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';

const NONE = { KAFKA_BROKERS: '' };

describeWithServices('without a transport', ['postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;

  beforeAll(async () => {
    taskwire = await startApp({ env: { ...NONE, ROLE: 'web' } });
    await taskwire.startAnother({ ROLE: 'worker' });
    rest = new Rest(taskwire.url);
  });

  afterAll(() => taskwire.close());

  const stateOf = async (id: string) => {
    const dispatches = await taskwire.app
      .get(DataSource)
      .query<{ state: string }[]>('SELECT state FROM dispatches WHERE task_id = $1', [id]);
    return dispatches[0]?.state;
  };

  it('tasks are accepted and wait to be claimed', async () => {
    const { id, status } = await rest.submit();
    expect([status, await stateOf(id)]).toEqual(['queued', 'claimable']);
  });

  it('a scheduled task becomes claimable when it is due', async () => {
    const { id } = await rest.submit({ payload: {}, delaySeconds: 0.5 });
    expect(await stateOf(id)).toBe('scheduled');
    await eventually(async () => {
      expect(await stateOf(id)).toBe('claimable');
    });
    expect((await rest.task(id)).status).toBe('queued');
  });

  it('a task expires that nobody has claimed', async () => {
    const { id } = await rest.submit({ payload: {}, expiresInSeconds: 1 });
    await eventually(async () => {
      expect((await rest.task(id)).status).toBe('expired');
    });
    expect(await stateOf(id)).toBeUndefined();
  });

  it('a task that used up its budget is claimed again once its letter is redriven, alone or with others', async () => {
    const lost = async (): Promise<{ task: string; letter: string }> => {
      const { id } = await rest.submit({ payload: { n: 1 }, maxAttempts: 1 });
      await rest.post('/v1/claims', { max: 100, leaseSeconds: 5 });
      await taskwire.app
        .get(DataSource)
        .query(`UPDATE dispatches SET due_at = now() WHERE task_id = $1`, [id]);
      return eventually(async () => {
        const { json } = await rest.get<{ items: { id: string }[] }>(`/v1/dead-letters?taskId=${id}`);
        const [letter] = json.items;
        if (!letter) throw new Error('there is no letter yet');
        return { task: id, letter: letter.id };
      });
    };
    const alone = await lost();
    for (const part of [{ key: 'k' }, { headers: { tenant: 'a' } }]) {
      const answer = await rest.post<ProblemJson>(`/v1/dead-letters/${alone.letter}/redrive`, part);
      expect([answer.status, answer.json]).toEqual([
        400,
        expect.objectContaining({
          code: 'invalid_request',
          detail: expect.stringContaining('are claimed') as string,
        }),
      ]);
    }
    const redriven = await rest.post(`/v1/dead-letters/${alone.letter}/redrive`, { value: '{"n":2}' });
    expect(redriven.status).toBe(202);
    expect(await rest.task(alone.task)).toMatchObject({ status: 'queued', attempt: 2, payload: { n: 2 } });
    expect(await stateOf(alone.task)).toBe('claimable');

    const other = await lost();
    const { json } = await rest.post<{ id: string }>('/v1/redrives', { filter: { taskId: other.task } });
    await eventually(async () => {
      expect((await rest.get(`/v1/redrives/${json.id}`)).json).toMatchObject({ status: 'done', sent: 1 });
    });
    expect(await rest.task(other.task)).toMatchObject({ status: 'queued', attempt: 2 });
  });

  it('a record without a task is not promised to be sent', async () => {
    const id = '0193d3c8-0000-7000-8000-000000000001';
    await taskwire.app.get(DataSource).query(
      `INSERT INTO dead_letters (id, identity, status, kind, topic, headers, error_type, error_message, fingerprint, received_at, truncated)
       VALUES ($1, '', 'open', 'result', 't', '{}', 'E', 'm', 'f', now(), false)`,
      [id],
    );
    const { status, json } = await rest.post<{ code: string }>(`/v1/dead-letters/${id}/redrive`);
    expect([status, json.code]).toEqual([409, 'dead_letter_without_topic']);
  });

  it('there are no topics, and nothing that operators look at asks for a broker', async () => {
    expect((await rest.get('/v1/topics')).json).toEqual({ items: [] });
    expect((await rest.get('/v1/dead-letters')).status).toBe(200);
    const { status, json } = await rest.get<{ dependencies: { name: string }[] }>('/health/ready');
    expect(status).toBe(200);
    expect(json.dependencies.map(({ name }) => name)).toEqual(['database', 'event-bus']);
    const metrics = await (await fetch(`${taskwire.url}/metrics`)).text();
    expect(metrics).toContain('\ntaskwire_tasks{type="default",status="queued"}');
  });

  it('the role all and the role worker need the database only', async () => {
    for (const role of ['all', 'worker']) {
      const another = await taskwire.startAnother({ ROLE: role });
      const { status } = await fetch(`${await another.getUrl()}/health/ready`);
      expect([role, status]).toEqual([role, 200]);
    }
  });
});
