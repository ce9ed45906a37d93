import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../support/browser.js';
import { Cable } from '../support/cable.js';
import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/ports.js';
import type { TaskwireProcess } from '../support/process.js';
import { describeWithServices } from '../support/services.js';
import { SECRET, tokenFor } from '../support/tokens.js';
import { jsonOf, Worker } from '../support/worker.js';
import { done } from './done.js';
import { Installation, PATIENCE, ready } from './installation.js';

describeWithServices('the page at /', ['kafka', 'postgres', 'browser'], () => {
  let installation: Installation;
  let worker: Worker;
  let web: TaskwireProcess;
  let cable: Cable;
  let browser: Browser;
  let page: Page;
  let port: string;
  /** What the browser complained of. */
  let complaints: string[];

  beforeAll(async () => {
    port = String(await freePort());
    [installation, worker, browser] = await Promise.all([
      Installation.create(),
      Worker.connect(),
      startBrowser(),
    ]);
    await ready(await installation.start('worker'));
    web = await installation.start('web', { PORT: port });
    await ready(web);
    cable = await Cable.to(web.url);
    await worker.work(installation.requestTopic, installation.resultTopic, (request) => {
      if (jsonOf(request).answer === undefined) return undefined;
      // As text, so that numbers stay what they are.
      return { value: String(request.value).replace('{', '{"status":"DONE",') };
    });
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await cable.cut();
    await Promise.all([installation.close(), worker.close()]);
  });

  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(cable.address(web.url));
  });

  afterEach(() => page.close());

  async function submit(payload: string): Promise<void> {
    await page.getByLabel('Payload').fill(payload);
    await page.getByRole('button', { name: 'Submit' }).click();
  }

  /** The events on the page: `1 submitted`. */
  async function shown(): Promise<string[]> {
    const texts = await page.locator('#events li').allInnerTexts();
    return texts.map((text) => /^\d+ \w+/.exec(text)?.[0] ?? text);
  }

  async function expectShown(...events: string[]): Promise<void> {
    await eventually(async () => {
      expect(await shown()).toEqual(events);
    }, PATIENCE);
  }

  /** The id of the task that is watched. */
  async function watched(): Promise<string> {
    await expectShown('1 submitted');
    return page.locator('#watched').innerText();
  }

  async function report(taskId: string, progress: number): Promise<void> {
    const value = JSON.stringify({ taskId, status: 'RUNNING', progress });
    await worker.send(installation.resultTopic, { value });
  }

  it('submits a task, and shows how it succeeds', async () => {
    await submit('{"answer": "<b>forty-two</b>"}');
    await expectShown('1 submitted', '2 succeeded');
    // As text: no task can bring elements to the page.
    expect(await page.locator('#events b').count()).toBe(0);
    expect(await page.locator('#events').innerText()).toContain('<b>forty-two</b>');
    const row = page.locator('#tasks tr').first();
    await eventually(async () => {
      expect(await row.innerText()).toContain('succeeded');
    }, PATIENCE);
    expect(await page.getByLabel('Token').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('sends the payload as it was typed, and says where numbers are rounded', async () => {
    await submit('{"answer": 9007199254740993}');
    await expectShown('1 submitted', '2 succeeded');
    const exact = await page.getByRole('link', { name: 'see the exact text' }).getAttribute('href');
    const answer = await fetch(`${web.url}${exact ?? ''}`);
    expect(await answer.text()).toContain('"answer":9007199254740993');
  });

  it('says what is wrong with what was typed', async () => {
    await submit('{');
    const refusal = page.locator('#refusal');
    expect(await refusal.innerText()).toMatch(/^The payload is not JSON: /);
    await submit('{"taskId": 1}');
    await eventually(async () => {
      expect(await refusal.innerText()).toContain('payload.taskId');
    }, PATIENCE);
    expect(await shown()).toEqual([]);
  });

  it('loses no event and repeats none when the connection is cut in the middle', async () => {
    await submit('{}');
    const id = await watched();
    await report(id, 10);
    await expectShown('1 submitted', '2 running');
    await cable.cut();
    await report(id, 20);
    await eventually(async () => {
      expect(await new Client(web.url).task(id)).toMatchObject({ seq: 3 });
    }, PATIENCE);
    await cable.mend();
    await expectShown('1 submitted', '2 running', '3 progress');
    await worker.send(installation.resultTopic, done(id));
    await expectShown('1 submitted', '2 running', '3 progress', '4 succeeded');
  });

  it('loses no event and repeats none when the server is killed and comes again', async () => {
    await submit('{}');
    const id = await watched();
    await report(id, 10);
    await expectShown('1 submitted', '2 running');
    await web.stop('SIGKILL');
    await report(id, 20);
    web = await installation.start('web', { PORT: port });
    await expectShown('1 submitted', '2 running', '3 progress');
    await worker.send(installation.resultTopic, done(id));
    await expectShown('1 submitted', '2 running', '3 progress', '4 succeeded');
  }, 120_000);

  it('needs no socket', async () => {
    await page.route('**/socket.io/**', (route) => route.abort());
    await submit('{}');
    const id = await watched();
    await cable.cut();
    await report(id, 10);
    await cable.mend();
    await expectShown('1 submitted', '2 running');
    await worker.send(installation.resultTopic, done(id));
    await expectShown('1 submitted', '2 running', '3 succeeded');
  });

  it('goes on with a task that is retried after its end', async () => {
    await submit('{}');
    const id = await watched();
    await worker.send(installation.resultTopic, { value: JSON.stringify({ taskId: id, status: 'FAILED' }) });
    await expectShown('1 submitted', '2 failed');
    await new Client(web.url).post(`/v1/tasks/${id}/retry`);
    await expectShown('1 submitted', '2 failed', '3 retrying');
  });

  it('shows the task that its address names', async () => {
    const { id } = await new Client(web.url).submit({ answer: 1 });
    await page.goto(`${cable.address(web.url)}#${id}`);
    await expectShown('1 submitted', '2 succeeded');
    await page.goto(`${cable.address(web.url)}#nonsense`);
    await eventually(async () => {
      expect(await page.locator('#trouble').innerText()).toBe('There is nothing here for you.');
    }, PATIENCE);
  });

  it('can be used with the keyboard alone', async () => {
    await page.getByLabel('Payload').fill('{"answer": 1}');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expectShown('1 submitted', '2 succeeded');
  });

  describe('with AUTH=jwt', () => {
    let guarded: TaskwireProcess;

    beforeAll(async () => {
      guarded = await installation.start('web', { AUTH: 'jwt', JWT_SECRET: SECRET });
    });

    async function expectAsked(reason: string): Promise<void> {
      await page.getByLabel('Token').waitFor();
      await eventually(async () => {
        expect(await page.locator('#access-reason').innerText()).toBe(reason);
      }, PATIENCE);
    }

    async function give(token: string): Promise<void> {
      await page.getByLabel('Token').fill(token);
      await page.getByRole('button', { name: 'Use the token' }).click();
    }

    it('asks for a token until it has a right one, and keeps it to itself', async () => {
      const addresses: string[] = [];
      const bodies: (string | null)[] = [];
      page.on('websocket', (socket) => addresses.push(socket.url()));
      page.on('request', (request) => {
        addresses.push(request.url());
        bodies.push(request.postData());
      });
      await page.goto(guarded.url);
      await expectAsked('Credentials are needed.');
      await give('wrong');
      await expectAsked('The credentials are not valid.');
      const token = await tokenFor('alice', ['client']);
      await submit('{"answer": 1}');
      await give(token);
      await expectShown('1 submitted', '2 succeeded');
      expect(await page.getByLabel('Token').isVisible()).toBe(false);
      // The socket's own greeting.
      expect(bodies).toContain(`40{"token":"${token}"}`);
      expect(addresses.join('\n')).not.toContain(token);
      expect(await page.content()).not.toContain(token);
      expect(await page.getByLabel('Token').inputValue()).toBe('');
      const { cookies, origins } = await page.context().storageState({ indexedDB: true });
      expect([cookies, origins]).toEqual([[], []]);
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
      await page.reload();
      await expectAsked('Credentials are needed.');
    });

    it('goes on where it was when a token has ended and another one is given', async () => {
      await page.goto(guarded.url);
      await submit('{}');
      await expectAsked('Credentials are needed.');
      await give(await tokenFor('alice', ['client'], { exp: Math.floor(Date.now() / 1000) + 5 }));
      const id = await watched();
      await expectAsked('The token has expired.');
      await report(id, 10);
      await give(await tokenFor('alice', ['client']));
      await expectShown('1 submitted', '2 running');
    });
  });
});
