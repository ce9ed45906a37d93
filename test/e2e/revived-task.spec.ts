import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { Installation, PATIENCE, ready } from './installation.js';

describeWithServices('a task that a Python worker dead-lettered', ['kafka', 'postgres'], () => {
  let installation: Installation;
  let client: Client;
  let socket: SocketClient;

  beforeAll(async () => {
    installation = await Installation.create();
    const [web, worker] = await Promise.all([installation.start('web'), installation.start('worker')]);
    await Promise.all([ready(web), ready(worker)]);
    await installation.startPlainWorker('dead_lettering_worker.py');
    client = new Client(web.url);
    socket = await SocketClient.connect(web.url);
  }, 120_000);

  afterAll(async () => {
    socket.close();
    await installation.close();
  });

  const letterOf = (taskId: string): Promise<LetterJson> =>
    eventually(async () => {
      const [letter] = (await client.letters({ taskId })).items;
      if (!letter) throw new Error('there is no letter yet');
      return letter;
    }, PATIENCE);

  const seen = (...types: string[]): Promise<void> =>
    eventually(() => {
      expect(socket.events.map(({ type }) => type)).toEqual(types);
    }, PATIENCE);

  it('goes on, mended and redriven, to its success, and the socket that stayed sees every step', async () => {
    const { id } = await client.submit({ fileUrl: '/data/a.png', layer: 7 });
    await socket.ask('subscribe', { taskId: id, after: 0 });
    await seen('submitted', 'dead_lettered');

    const letter = await letterOf(id);
    expect(letter).toMatchObject({
      kind: 'request',
      original: { topic: installation.requestTopic },
      value: `{"taskId":"${id}","fileUrl":"/data/a.png","layer":7}`,
      error: { type: 'ValueError', message: 'not a shape file: /data/a.png' },
    });
    expect(letter.error.stack).toContain('dead_lettering_worker.py');

    await client.redrive(letter.id, { value: '{"fileUrl":"/data/a.shp","layer":7}' });
    await seen('submitted', 'dead_lettered', 'redriven', 'succeeded');
    expect(socket.seqs).toEqual([1, 2, 3, 4]);
    expect(socket.events.map(({ taskId, attempt }) => [taskId, attempt])).toEqual([
      [id, 1],
      [id, 1],
      [id, 2],
      [id, 2],
    ]);
    // One answer: it subscribed once.
    expect(socket.log).toHaveLength(socket.events.length + 1);
    expect(await client.task(id)).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      seq: 4,
      payload: { fileUrl: '/data/a.shp', layer: 7 },
      result: { shapes: 3 },
    });
  }, 120_000);
});
