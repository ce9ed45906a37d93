import { startApp, type TestApp } from '../support/app.js';
import { describeWithServices } from '../support/services.js';

describeWithServices('submitting', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;

  beforeAll(async () => {
    taskwire = await startApp();
  });

  afterAll(() => taskwire.close());

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${taskwire.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('answers 202 with the durable task, payload as it was sent', async () => {
    const response = await post('/v1/tasks', '{"payload":{"fileId": 9007199254740993, "s":"\\u0000"}}');
    const text = await response.text();
    expect([response.status, text]).toEqual([
      202,
      expect.stringContaining('{"fileId": 9007199254740993, "s":"\\u0000"}'),
    ]);
    const again = await fetch(`${taskwire.url}${response.headers.get('location') ?? ''}`);
    expect(await again.text()).toContain('9007199254740993');
  });
});
