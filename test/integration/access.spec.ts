import { readFile, writeFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { TOKEN_TYPE } from '../../src/auth/access-tokens.js';
import { DeclaredAccess } from '../../src/auth/declared-access.js';
import { message, MESSAGES, ROUTES, SUBMIT } from '../support/access-routes.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { SECRET, tokenFor } from '../support/tokens.js';

const CALLERS = ['nobody', 'client', 'service', 'compute', 'operator', 'owner token', 'task token'];
const SEES_ALL = ['service', 'operator'];
const DOCUMENT = new URL('../../docs/access-matrix.md', import.meta.url);

describeWithServices('access', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let nobody: Rest;
  let tokens: Record<string, string>;
  let own: string;
  let foreign: string;

  const as = (caller: string): Rest => (caller === 'nobody' ? nobody : nobody.as(tokens[caller] ?? ''));

  beforeAll(async () => {
    taskwire = await startApp({ env: { AUTH: 'jwt', JWT_SECRET: SECRET } });
    nobody = new Rest(taskwire.url);
    await eventually(async () => {
      expect((await nobody.get('/health/ready')).status).toBe(200);
    });
    tokens = Object.fromEntries(
      await Promise.all(
        ['client', 'service', 'compute', 'operator'].map(
          async (role) => [role, await tokenFor('alice', [role])] as const,
        ),
      ),
    );
    own = (await as('client').submit()).id;
    foreign = (await nobody.as(await tokenFor('bob', ['client'])).submit()).id;
    const ownerToken = await as('service').post<{ token: string }>('/v1/tokens', {
      owner: 'alice',
      ttlSeconds: 60,
    });
    const taskToken = await as('client').post<{ token: string }>(`/v1/tasks/${own}/token`);
    expect([ownerToken.status, taskToken.status]).toEqual([201, 201]);
    tokens['owner token'] = ownerToken.json.token;
    tokens['task token'] = taskToken.json.token;
  });

  afterAll(() => taskwire.close());

  /** What is promised to a caller who names this task. */
  function promised(caller: string, { roles, task }: (typeof ROUTES)[string], of: string): string {
    if (roles === 'everybody') return 'yes';
    if (caller === 'nobody') return '401';
    if (!roles.includes(caller)) return '403';
    if (!task || of === 'own') return 'yes';
    if (caller === 'task token') return '403';
    return of === 'foreign' && SEES_ALL.includes(caller) ? 'yes' : '404';
  }

  function verdict(status: number): string {
    expect(status).toBeLessThan(500);
    return [401, 403, 404].includes(status) ? String(status) : 'yes';
  }

  it('is what was promised for every route, message, role and owner, and docs/access-matrix.md shows it', async () => {
    const declared = taskwire.app.get(DeclaredAccess).routes();
    expect(Object.keys(ROUTES).sort()).toEqual(declared.map(({ name }) => name).sort());
    const rows: string[] = [];
    for (const [name, route] of Object.entries({ ...ROUTES, ...MESSAGES })) {
      for (const of of route.task ? ['own', 'foreign', 'unknown'] : ['']) {
        const id = { own, foreign, unknown: uuidv7(), '': '' }[of] ?? '';
        const cells: string[] = [];
        for (const caller of CALLERS) {
          const { status } = await route.call(as(caller), taskwire.url, id);
          // Nothing else that is named here exists.
          const found = !route.task && status === 404 ? 'yes' : verdict(status);
          cells.push(found);
          expect(`${name} ${of} as ${caller}: ${found}`).toBe(
            `${name} ${of} as ${caller}: ${promised(caller, route, of)}`,
          );
        }
        rows.push(`| \`${name}\` | ${of} | ${cells.join(' | ')} |`);
      }
    }
    await isDocumented(rows);
  });

  it('gives a foreign task’s answer byte for byte as an unknown id’s', async () => {
    for (const [name, { call, roles, task }] of Object.entries({ ...ROUTES, ...MESSAGES })) {
      if (!task || !roles.includes('client')) continue;
      const [theirs, nobodys] = [
        await call(as('client'), taskwire.url, foreign),
        await call(as('client'), taskwire.url, uuidv7()),
      ];
      expect({ name, ...theirs }).toEqual({ name, ...nobodys });
    }
    const refusals = [foreign, 'x'].map((id) => message('subscribe')(as('client'), taskwire.url, id));
    const [theirs, noId] = await Promise.all(refusals);
    expect(theirs).toEqual(noId);
  });

  it('shows in lists only what is the caller’s, unless a role lets it see others’', async () => {
    const ids = async (caller: string, query = ''): Promise<string[]> =>
      (await as(caller).get<{ items: { id: string }[] }>(`/v1/tasks${query}`)).json.items.map(({ id }) => id);
    for (const caller of ['client', 'owner token']) {
      expect(await ids(caller)).toContain(own);
      expect(await ids(caller)).not.toContain(foreign);
      expect((await as(caller).get(`/v1/tasks?owner=bob`)).status).toBe(403);
    }
    for (const caller of SEES_ALL) expect(await ids(caller, '?owner=bob')).toEqual([foreign]);
  });

  it('lets only the role service submit for others', async () => {
    expect((await as('client').post('/v1/tasks', { ...SUBMIT, owner: 'carol' })).status).toBe(403);
    expect((await as('service').submit({ ...SUBMIT, owner: 'carol' })).owner).toBe('carol');
  });

  it.each([
    ['websocket', 'client', 'own', true],
    ['websocket', 'client', 'mine', true],
    ['websocket', 'service', 'foreign', true],
    ['websocket', 'operator', 'foreign', true],
    ['polling', 'owner token', 'own', true],
    ['websocket', 'owner token', 'mine', true],
    ['websocket', 'owner token', 'foreign', 'not_found'],
    ['websocket', 'task token', 'own', true],
    ['websocket', 'task token', 'foreign', 'forbidden'],
    ['websocket', 'task token', 'mine', 'forbidden'],
  ])('on a socket over %s lets a %s subscribe to %s: %j', async (transport, caller, to, outcome) => {
    const socket = await SocketClient.connect(taskwire.url, [transport], tokens[caller]);
    const body = to === 'mine' ? { mine: true } : { taskId: to === 'own' ? own : foreign };
    const told = await socket.ask('subscribe', body);
    expect(told).toMatchObject(outcome === true ? { ok: true } : { ok: false, error: { code: outcome } });
    socket.close();
  });

  it('refuses sockets without valid credentials, or with a role that follows nothing', async () => {
    expect(await SocketClient.refused(taskwire.url)).toMatchObject({ code: 'unauthorized' });
    expect(await SocketClient.refused(taskwire.url, 'x.y.z')).toMatchObject({ code: 'unauthorized' });
    expect(await SocketClient.refused(taskwire.url, tokens.compute)).toMatchObject({ code: 'forbidden' });
  });

  it('takes credentials in the address for streams, and nowhere else', async () => {
    const token = tokens['task token'] ?? '';
    const stream = await fetch(`${taskwire.url}/v1/tasks/${own}/stream?token=${token}`);
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    expect((await fetch(`${taskwire.url}/v1/tasks/${own}?token=${token}`)).status).toBe(401);
    expect((await fetch(`${taskwire.url}/v1/tasks/${own}/stream?token=x`)).status).toBe(401);
    expect((await fetch(`${taskwire.url}/v1/tasks/${own}/stream?token=${token}&a=b`)).status).toBe(400);
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer a b', 'bearer x.y.z', `Bearer ${'x'.repeat(8192)}`])(
    'answers %.20s with 401 and how to do better',
    async (authorization) => {
      const { status, headers } = await fetch(`${taskwire.url}/v1/tasks`, { headers: { authorization } });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    },
  );

  it('ends with the token: for sockets, streams and requests that wait', async () => {
    const { json } = await as('service').post<{ token: string }>('/v1/tokens', {
      owner: 'alice',
      ttlSeconds: 2,
    });
    const socket = await SocketClient.connect(taskwire.url, ['websocket'], json.token);
    expect(await socket.ask('subscribe', { taskId: own })).toMatchObject({ ok: true });
    const headers = { authorization: `Bearer ${json.token}` };
    const stream = await fetch(`${taskwire.url}/v1/tasks/${own}/stream`, { headers });
    const waiting = fetch(`${taskwire.url}/v1/tasks/${own}?wait=60`, { headers });
    await stream.text();
    expect((await waiting).status).toBe(200);
    await eventually(() => {
      expect(socket.socket.connected).toBe(false);
    });
    expect((await fetch(`${taskwire.url}/v1/tasks`, { headers })).status).toBe(401);
    socket.close();
  });

  interface AuditJson {
    items: { outcome: string; owner: string | null; action: string; target: string | null; count: number }[];
  }
  const audit = async (): Promise<AuditJson['items']> =>
    (await as('operator').get<AuditJson>('/v1/audit?limit=200')).json.items;

  it('leaves an entry in the audit log wherever it is refused, equal ones counted, with no secret in it', async () => {
    const id = uuidv7();
    for (let time = 0; time < 3; time++) await fetch(`${taskwire.url}/v1/tasks/${id}/stream?token=hush`);
    await as('compute').get(`/v1/tasks/${id}`);
    await SocketClient.refused(taskwire.url, 'hush');
    const socket = await SocketClient.connect(taskwire.url, ['websocket'], tokens['task token']);
    await socket.ask('subscribe', { mine: true });
    socket.close();
    await eventually(async () => {
      const entries = await audit();
      const of = (action: string, owner: string | null): number =>
        entries
          .filter(
            (entry) => entry.action === action && entry.owner === owner && [id, null].includes(entry.target),
          )
          .reduce((sum, { count }) => sum + count, 0);
      expect(of('GET /v1/tasks/:id/stream', null)).toBeGreaterThanOrEqual(3);
      expect(of('GET /v1/tasks/:id', 'alice')).toBeGreaterThanOrEqual(1);
      expect(of('socket connect', null)).toBeGreaterThanOrEqual(1);
      expect(of('socket subscribe', 'alice')).toBeGreaterThanOrEqual(1);
      expect(JSON.stringify(entries)).not.toContain('hush');
    });
  });

  it('leaves an entry for each item of a batch that was refused', async () => {
    await as('client').post('/v1/tasks/batch', { tasks: [{ ...SUBMIT, owner: 'bob' }] });
    await eventually(async () => {
      const entries = await audit();
      expect(
        entries.find(({ action, outcome }) => action === 'POST /v1/tasks/batch' && outcome === 'refused'),
      ).toMatchObject({
        owner: 'alice',
      });
    });
  });

  it('leaves an entry where another owner’s task was changed, and none for one’s own', async () => {
    const [theirs, mine] = [
      await as('service').submit({ ...SUBMIT, owner: 'dave' }),
      await as('client').submit(),
    ];
    await as('operator').post(`/v1/tasks/${theirs.id}/cancel`);
    await as('client').post(`/v1/tasks/${mine.id}/cancel`);
    const entries = await audit();
    expect(entries.find(({ target }) => target === theirs.id)).toMatchObject({
      outcome: 'done',
      owner: 'alice',
      action: 'cancelled',
    });
    expect(entries.find(({ target }) => target === mine.id)).toBeUndefined();
  });

  it('leaves an entry where an operator takes a token for another owner’s task, and none where a service does', async () => {
    const [theirs, others] = [
      await as('service').submit({ ...SUBMIT, owner: 'dave' }),
      await as('service').submit({ ...SUBMIT, owner: 'dave' }),
    ];
    await as('operator').post(`/v1/tasks/${theirs.id}/token`);
    await as('service').post(`/v1/tasks/${others.id}/token`);
    const entries = await audit();
    expect(entries.find(({ target }) => target === theirs.id)).toMatchObject({
      outcome: 'done',
      action: 'token_issued',
    });
    expect(entries.find(({ target }) => target === others.id)).toBeUndefined();
  });

  it('knows tokens of its own in every process of the installation, and believes none that somebody else made', async () => {
    const another = await taskwire.startAnother();
    const rest = new Rest(await another.getUrl(), tokens['task token']);
    expect((await rest.get(`/v1/tasks/${own}`)).status).toBe(200);
    const claimed = await tokenFor('alice', ['reader'], {});
    expect((await nobody.as(claimed).get(`/v1/tasks/${own}`)).status).toBe(403);
    const forged = new SignJWT({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60 })
      .setProtectedHeader({ alg: 'HS256', typ: TOKEN_TYPE })
      .sign(new TextEncoder().encode(SECRET));
    expect((await nobody.as(await forged).get(`/v1/tasks/${own}`)).status).toBe(401);
  });
});

/** The table in the docs is the one that was just seen. WRITE_DOCS=1 writes it anew. */
async function isDocumented(rows: readonly string[]): Promise<void> {
  const text = [
    '# Who may do what',
    '',
    'Made by `test/integration/access.spec.ts`, from the answers of a running Taskwire. Own, foreign and unknown say whose the',
    'task is that a request names. 401: credentials are needed; 403: another role is; 404: there is no such task for you.',
    '',
    `| Route | Task | ${CALLERS.join(' | ')} |`,
    `| --- | --- | ${CALLERS.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
  ].join('\n');
  if (process.env.WRITE_DOCS === '1') await writeFile(DOCUMENT, text);
  const cells = (table: string): string[] =>
    table.split('\n').map((line) => line.replaceAll(/\s+/g, '').replaceAll(/-+/g, '-'));
  expect(cells(await readFile(DOCUMENT, 'utf8'))).toEqual(cells(text));
}
