import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import { Rest } from '../support/rest.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { PATIENCE } from './installation.js';
import { tenAtATime } from './submissions.js';

/** How often it is killed, after how many acknowledged tasks, and how many clients submit one after the other meanwhile. */
const KILLS = 2;
const ACKNOWLEDGED = 100;
const CLIENTS = 8;

describe('a Taskwire with an embedded database', () => {
  let folder: string;
  let taskwire: TaskwireProcess | undefined;

  // To make it takes seconds: the tests share it.
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-embedded-'));
  });

  afterEach(async () => {
    await taskwire?.stop('SIGKILL');
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function start(): Promise<TaskwireProcess> {
    return (taskwire = await startTaskwire({ role: 'all', env: { DATA_DIR: folder } }));
  }

  /** Submits tasks until the process is gone; gives the ids of all that were acknowledged. Rejects if it refuses one. */
  async function submitUntilGone(process: TaskwireProcess, acknowledged: string[]): Promise<void> {
    const rest = new Rest(process.url);
    const client = async (): Promise<void> => {
      for (;;) {
        const answer = await rest.post('/v1/tasks', { payload: {} }).catch(() => null);
        if (answer === null) return;
        expect(answer).toMatchObject({ status: 202 });
        acknowledged.push(answer.json.id);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
  }

  it('is what npm start starts: in a folder that it makes and names, refused to a second process, until SIGTERM', async () => {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, DATA_DIR: folder, PORT: String(await freePort()) };
    const npm = await Child.start('npm', ['start'], { cwd: ROOT, env });
    const [url] = await npm.waitForOutput(/http:\/\/127\.0\.0\.1:\d+/, 120_000);
    expect(npm.output()).toContain('survives a killed process, but not a power cut');
    expect(npm.output()).toContain(folder);
    await expect(start()).rejects.toThrow(
      new RegExp(
        `\\nDATA_DIR: the embedded database cannot be opened \\(${folder} is in use by another process\\)\\n$`,
      ),
    );
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await npm.stop('SIGTERM', 30_000)).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
    expect(await (await start()).stop('SIGTERM')).toBe(0);
  }, 240_000);

  it('comes back with all that it acknowledged, however often it is killed', async () => {
    const acknowledged: string[] = [];
    for (let kills = 0; kills < KILLS; kills++) {
      const victim = await start();
      const before = acknowledged.length;
      const killing = eventually(() => {
        expect(acknowledged.length).toBeGreaterThan(before + ACKNOWLEDGED);
      }, PATIENCE).finally(() => victim.stop('SIGKILL'));
      await Promise.all([submitUntilGone(victim, acknowledged), killing]);
    }
    const rest = new Rest((await start()).url);
    await tenAtATime(acknowledged, async (id) => {
      const [task, events] = [await rest.task(id), await rest.events(id)];
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: task.seq }, (_, index) => index + 1));
    });
  }, 180_000);
});
