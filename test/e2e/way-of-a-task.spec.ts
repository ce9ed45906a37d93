import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { tenAtATime } from './submissions.js';

const TASKS = 300;

/** Beyond 2^53, where a JavaScript number loses digits. */
const FIRST_FILE = 9_007_199_254_740_993n;

/** JSON text. Every second task is known to the worker by its file; some files are numbers, some are text. */
function payloadOf(n: number): string {
  const file = FIRST_FILE + BigInt(n);
  const fileId = n % 2 === 0 ? '' : `,"fileId":${n % 4 === 1 ? file : `"file-${file}"`}`;
  return `{"n":${n},"answer":"${n % 3 === 0 ? 'wrapped' : 'flat'}","reports":${n % 5 === 0}${fileId}}`;
}

describeWithServices('a task, from REST through a Python worker to a socket', ['kafka', 'postgres'], () => {
  let installation: Installation;
  let webs: { url: string; client: Client; socket: SocketClient }[];

  beforeAll(async () => {
    installation = await Installation.create();
    const [worker, ...others] = await Promise.all([
      installation.start('worker'),
      installation.start('web'),
      installation.start('web'),
    ]);
    await Promise.all([worker, ...others].map(ready));
    await installation.startPlainWorker();
    webs = await Promise.all(
      others.map(async ({ url }) => {
        return { url, client: new Client(url), socket: await SocketClient.connect(url) };
      }),
    );
  }, 120_000);

  afterAll(async () => {
    for (const { socket } of webs) socket.close();
    await installation.close();
  });

  it(`ends ${TASKS} tasks with their own results, and sockets on the other web process see every step in order`, async () => {
    const numbers = Array.from({ length: TASKS }, (_, n) => n);
    const ids = await tenAtATime(numbers, async (n) => {
      const [near, far] = n % 4 < 2 ? webs : webs.toReversed();
      const task = await near?.client.submit(payloadOf(n));
      const answer = await far?.socket.ask('subscribe', { taskId: task?.id, after: 0 });
      expect(answer).toMatchObject({ ok: true });
      return task?.id ?? '';
    });
    const events = () => webs.flatMap(({ socket }) => socket.events);
    await eventually(() => {
      expect(events().filter(({ status }) => status === 'succeeded')).toHaveLength(TASKS);
    }, PATIENCE);

    const seen = events();
    await tenAtATime(ids, async (id, n) => {
      const task = await webs[0]?.client.task(id);
      expect(task).toMatchObject({ status: 'succeeded', attempt: 1, result: { echo: { n } } });
      const steps = seen.filter(({ taskId }) => taskId === id);
      expect(steps.map(({ seq }) => seq)).toEqual(
        Array.from({ length: task?.seq ?? 0 }, (_, step) => step + 1),
      );
      expect(steps.at(-1)).toMatchObject({ type: 'succeeded', data: { result: { echo: { n } } } });
    });
    expect(await webs[0]?.client.letters()).toMatchObject({ items: [] });
  }, 180_000);

  it('carries integers beyond 2^53 and U+0000 to the worker and back, as they were', async () => {
    const payload = '{"fileId":9007199254749999,"ids":[-9007199254740993,1.50],"text":"a\\u0000b"}';
    const [near, far] = webs;
    const task = await near?.client.submit(payload);
    const text = await (await fetch(`${far?.url ?? ''}/v1/tasks/${task?.id ?? ''}?wait=30`)).text();
    expect(text).toContain(`"payload":${payload}`);
    expect(text).toContain(
      '"fileId": 9007199254749999, "ids": [-9007199254740993, 1.5], "text": "a\\u0000b"',
    );
    expect(text).toContain('"status":"succeeded"');
  });
});
