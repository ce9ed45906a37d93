import { once } from 'node:events';
import http from 'node:http';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest, type ProblemJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { SECRET, tokenFor } from '../support/tokens.js';

describeWithServices('an owner', ['kafka', 'postgres'], () => {
  let taskwire: TestApp | undefined;

  const start = async (
    limits: Record<string, string>,
  ): Promise<{ alice: Rest; bob: Rest; token: string; url: string }> => {
    taskwire = await startApp({ env: { ROLE: 'web', AUTH: 'jwt', JWT_SECRET: SECRET, ...limits } });
    const rest = new Rest(taskwire.url);
    const token = await tokenFor('alice', ['client']);
    return {
      alice: rest.as(token),
      bob: rest.as(await tokenFor('bob', ['client'])),
      token,
      url: taskwire.url,
    };
  };

  afterEach(async () => {
    await taskwire?.close();
    taskwire = undefined;
  });

  it('who sends too many requests is told when to come again, and nobody else is', async () => {
    const { alice, bob } = await start({ OWNER_REQUESTS_PER_SECOND: '3' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => alice.get<ProblemJson>('/v1/tasks')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]?.json.code).toBe('too_many_requests');
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await bob.get('/v1/tasks')).status).toBe(200);
    await eventually(async () => {
      expect((await alice.get('/v1/tasks')).status).toBe(200);
    });
  });

  it('who sends a batch over the limit waits for it afterwards, and is refused before a body is read', async () => {
    const { alice, bob } = await start({ OWNER_REQUESTS_PER_SECOND: '5' });
    const tasks = Array.from({ length: 20 }, () => ({ payload: {} }));
    expect((await alice.post('/v1/tasks/batch', { tasks })).status).toBe(202);
    expect((await alice.post('/v1/tasks', 'no JSON')).status).toBe(429);
    expect((await bob.post('/v1/tasks', 'no JSON')).status).toBe(400);
    await eventually(async () => {
      expect((await alice.post('/v1/tasks', 'no JSON')).status).toBe(400);
    });
  });

  it('who sends many batches at once has only those read that are let in', async () => {
    const { alice, token, url } = await start({ OWNER_REQUESTS_PER_SECOND: '5' });
    const first = await begunBatch(url, token);
    const left = await begunBatch(url, token);
    const next = alice.post('/v1/tasks/batch', 'no JSON');
    left.destroy();
    const accepted = once(first, 'response') as Promise<[http.IncomingMessage]>;
    first.end(JSON.stringify({ tasks: Array.from({ length: 20 }, () => ({ payload: {} })) }));
    expect((await accepted)[0].statusCode).toBe(202);
    // Had it been read, it would be no JSON.
    expect((await next).status).toBe(429);
    await eventually(async () => {
      expect((await alice.post('/v1/tasks/batch', 'no JSON')).status).toBe(400);
    });
  });

  it('whose batch never comes to its end is not kept from sending others', async () => {
    const { alice, token, url } = await start({ OWNER_REQUESTS_PER_SECOND: '5' });
    const stuck = await begunBatch(url, token);
    expect((await alice.post('/v1/tasks/batch', { tasks: [{ payload: {} }] })).status).toBe(202);
    stuck.destroy();
  });

  it('who sends a batch over the limit has it taken in evenly, and nobody else waits for it', async () => {
    const { alice, bob } = await start({ OWNER_REQUESTS_PER_SECOND: '50' });
    const tasks = Array.from({ length: 300 }, () => ({ payload: {} }));
    type Batch = { items: { task: { createdAt: string } }[] };
    let isOver = false;
    const batch = alice.post<Batch>('/v1/tasks/batch', { tasks }).finally(() => (isOver = true));
    expect((await bob.post('/v1/tasks', { payload: {} })).status).toBe(202);
    expect(isOver).toBe(false);
    const times = (await batch).json.items.map(({ task }) => Date.parse(task.createdAt));
    // A hundred a second.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(2_000);
    // Each commit has a time of its own.
    expect(new Set(times).size).toBeGreaterThan(5);
    for (const one of times)
      expect(times.filter((time) => time === one).length).toBeLessThan(tasks.length / 2);
  });

  it('who follows over too many connections has to close one first', async () => {
    const { alice, token, url } = await start({ OWNER_FOLLOWERS: '2' });
    const { id } = await alice.submit();
    const socket = await SocketClient.connect(url, ['websocket'], token);
    const gone = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/v1/tasks/${id}/stream`, { headers, signal: gone.signal })).status).toBe(200);
    expect(await SocketClient.refused(url, token)).toMatchObject({ code: 'too_many_followers' });
    expect((await alice.get(`/v1/tasks/${id}/stream`)).status).toBe(429);
    expect((await alice.get(`/v1/tasks/${id}?wait=5`)).status).toBe(429);
    expect((await alice.get(`/v1/tasks/${id}`)).status).toBe(200);
    gone.abort();
    await eventually(async () => {
      expect((await alice.get(`/v1/tasks/${id}?wait=0.1`)).status).toBe(200);
    });
    socket.close();
  });

  it('whose submission is accepted is told so, also where there is no room to wait for it', async () => {
    const { alice, token, url } = await start({ OWNER_FOLLOWERS: '1' });
    const socket = await SocketClient.connect(url, ['websocket'], token);
    expect((await alice.post('/v1/tasks?wait=5', { payload: {} })).status).toBe(202);
    socket.close();
  });

  it('whose socket is closed while it is let in is counted out', async () => {
    const { token, url } = await start({ OWNER_FOLLOWERS: '1' });
    const polling = `${url}/socket.io/?EIO=4&transport=polling`;
    for (let time = 0; time < 3; time++) {
      const opened = await (await fetch(polling)).text();
      const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
      const body = `40${JSON.stringify({ token })}\x1e1`;
      await (await fetch(`${polling}&sid=${sid}`, { method: 'POST', body })).text();
    }
    const socket = await SocketClient.connect(url, ['websocket'], token);
    expect(socket.socket.connected).toBe(true);
    socket.close();
  });
});

/** A batch of which the server has the headers, and nothing yet of the body. */
async function begunBatch(url: string, token: string): Promise<http.ClientRequest> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
    expect: '100-continue',
  };
  const request = http.request(`${url}/v1/tasks/batch`, { method: 'POST', headers });
  request.on('error', () => undefined);
  request.flushHeaders();
  await once(request, 'continue');
  return request;
}
