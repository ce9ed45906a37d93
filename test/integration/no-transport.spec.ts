import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest } from '../support/rest.js';
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

  it('there are no topics, and nothing that operators look at asks for a broker', async () => {
    expect((await rest.get('/v1/topics')).json).toEqual({ items: [] });
    expect((await rest.get('/v1/dead-letters')).json).toMatchObject({ items: [] });
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
