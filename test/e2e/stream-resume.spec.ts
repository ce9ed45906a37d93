import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { Worker } from '../support/worker.js';
import { done } from './done.js';
import { openStream } from './event-stream.js';
import { Installation, PATIENCE, ready } from './installation.js';

describeWithServices('following a task over a restart of the web process', ['kafka', 'postgres'], () => {
  let installation: Installation;
  let worker: Worker;

  beforeAll(async () => {
    [installation, worker] = await Promise.all([Installation.create(), Worker.connect()]);
    await ready(await installation.start('worker'));
  }, 120_000);

  afterAll(() => Promise.all([installation.close(), worker.close()]));

  it('goes on after the last event that was seen, as a stream and as a socket that subscribes again', async () => {
    const PORT = String(await freePort());
    const web = await installation.start('web', { PORT });
    const { url } = web;
    const client = new Client(url);
    const { id } = await client.submit();
    const socket = await SocketClient.connect(url);
    let lastSeen = 0;
    socket.socket.on('task', ({ seq }: { seq: number }) => (lastSeen = seq));
    socket.socket.on('connect', () => void socket.ask('subscribe', { taskId: id, after: lastSeen }));
    await socket.ask('subscribe', { taskId: id, after: lastSeen });
    const before = openStream(`${url}/v1/tasks/${id}/stream`);
    const running = JSON.stringify({ taskId: id, status: 'RUNNING', progress: 10 });
    await worker.send(installation.resultTopic, { value: running });
    await eventually(() => {
      expect([before.ids, socket.seqs]).toEqual([
        [1, 2],
        [1, 2],
      ]);
    }, PATIENCE);

    await web.stop('SIGKILL');
    await eventually(() => {
      expect(before.ended).toBe(true);
    }, PATIENCE);
    await worker.send(installation.resultTopic, done(id));
    await installation.expectDone(1);
    await installation.start('web', { PORT });

    const after = openStream(`${url}/v1/tasks/${id}/stream`, before.ids.at(-1));
    await eventually(() => {
      expect([after, socket.seqs]).toEqual([{ ids: [3], ended: true }, [1, 2, 3]]);
    }, PATIENCE);
    const again = await fetch(`${url}/v1/tasks/${id}/stream`, { headers: { 'last-event-id': '3' } });
    expect(again.status).toBe(204);
    socket.close();
  }, 120_000);
});
