import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';

describeWithServices('what operators see', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;

  beforeAll(async () => {
    taskwire = await startApp({ types: '  far: { TOPICS }' });
  });
  afterAll(() => taskwire.close());

  async function submit(body: object): Promise<void> {
    const { status } = await fetch(`${taskwire.url}/v1/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ payload: {}, ...body }),
    });
    expect(status).toBe(202);
  }

  it('is ready, with a line for each dependency', async () => {
    const response = await fetch(`${taskwire.url}/health/ready`);
    expect(response.status).toBe(200);
    const { dependencies } = (await response.json()) as { dependencies: unknown[] };
    expect(dependencies).toContainEqual({ name: 'database', status: 'ok' });
    expect(dependencies).toContainEqual({ name: 'transport', status: 'ok' });
  });

  async function metrics(): Promise<string> {
    return (await fetch(`${taskwire.url}/metrics`)).text();
  }

  it('are the open tasks by type and status, and how long the oldest has been waiting', async () => {
    await submit({});
    await submit({});
    await submit({ type: 'far', delaySeconds: 3600 });
    const text = await metrics();
    expect(text).toContain('\ntaskwire_tasks{type="default",status="queued"} 2\n');
    expect(text).toContain('\ntaskwire_tasks{type="far",status="scheduled"} 1\n');
    expect(Number(/\ntaskwire_oldest_queued_seconds (.+)\n/.exec(text)?.[1])).toBeLessThan(60);
    expect(text).toContain('\ntaskwire_tasks_submitted_total{type="default"} 2\n');
  });

  it('is how far our consumer groups are behind, once their topics are there', async () => {
    const lag = new RegExp(
      `\\ntaskwire_consumer_lag\\{group=".+-results",topic="${taskwire.resultTopic}"\\} 0\\n`,
    );
    const expectLag = async (): Promise<void> => {
      expect(await metrics()).toMatch(lag);
    };
    await eventually(expectLag, { intervalMs: 500 });
  });
});
