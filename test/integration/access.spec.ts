import { readFile, writeFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { TOKEN_TYPE } from '../../src/auth/access-tokens.js';
import { DeclaredAccess } from '../../src/auth/declared-access.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { SECRET, tokenFor } from '../support/tokens.js';

/** A request that a route answers; `id` is the task that it names. */
type Call = (rest: Rest, url: string, id: string) => Promise<{ status: number; text: string }>;

const get =
  (path: string): Call =>
  async (rest, url, id) =>
    answer(
      await fetch(url + path.replace(':id', id), {
        headers: rest.credentials(),
        signal: AbortSignal.timeout(5000),
      }),
    );

const post =
  (path: string, body?: object): Call =>
  async (rest, url, id) =>
    answer(
      await fetch(url + path.replace(':id', id), {
        method: 'POST',
        headers: { ...rest.credentials(), ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );

const STATUS: Record<string, number> = { unauthorized: 401, forbidden: 403, not_found: 404 };

/** A message on a socket of its own, which may be refused already. The answer has the status that REST would have. */
const message =
  (event: 'subscribe' | 'unsubscribe', body = (taskId: string): object => ({ taskId })): Call =>
  async (rest, url, id) => {
    const socket = await SocketClient.attempt(url, rest.credentials().authorization?.slice('Bearer '.length));
    if (!(socket instanceof SocketClient))
      return { status: STATUS[socket.code] ?? 500, text: JSON.stringify(socket) };
    const told = await socket.ask(event, body(id));
    socket.close();
    return { status: told.ok ? 200 : (STATUS[told.error.code] ?? 500), text: JSON.stringify(told) };
  };

/** Streams go on: their beginning is enough. */
async function answer(response: Response): Promise<{ status: number; text: string }> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { status: response.status, text: '' };
  }
  return { status: response.status, text: await response.text() };
}

/** An id that nothing has. */
const UNKNOWN = '0193d3c8-0000-7000-8000-000000000000';

const SUBMIT = { payload: { fileUrl: '/a' } };

/** Every route, the roles that it is for, and whether it names a task. */
const ROUTES: Record<string, { call: Call; roles: string[] | 'everybody'; task?: true }> = {
  'TasksController.submit': { call: post('/v1/tasks', SUBMIT), roles: ['client', 'service'] },
  'TaskBatchController.submit': {
    call: post('/v1/tasks/batch', { tasks: [SUBMIT] }),
    roles: ['client', 'service'],
  },
  'TasksController.list': { call: get('/v1/tasks'), roles: ['client', 'service', 'operator', 'owner token'] },
  'TasksController.get': {
    call: get('/v1/tasks/:id'),
    roles: ['client', 'service', 'operator', 'owner token', 'task token'],
    task: true,
  },
  'TaskEventsController.history': {
    call: get('/v1/tasks/:id/events'),
    roles: ['client', 'service', 'operator', 'owner token', 'task token'],
    task: true,
  },
  'TaskEventsController.stream': {
    call: get('/v1/tasks/:id/stream'),
    roles: ['client', 'service', 'operator', 'owner token', 'task token'],
    task: true,
  },
  'TasksController.cancel': {
    call: post('/v1/tasks/:id/cancel'),
    roles: ['client', 'service', 'operator'],
    task: true,
  },
  'TasksController.retry': {
    call: post('/v1/tasks/:id/retry'),
    roles: ['client', 'service', 'operator'],
    task: true,
  },
  'TokensController.forTask': {
    call: post('/v1/tasks/:id/token'),
    roles: ['client', 'service', 'operator'],
    task: true,
  },
  'TokensController.forOwner': {
    call: post('/v1/tokens', { owner: 'bob', ttlSeconds: 60 }),
    roles: ['service'],
  },
  'ClaimsController.claim': { call: post('/v1/claims', {}), roles: ['compute'] },
  'ClaimsController.release': {
    call: post('/v1/claims/release', { items: [{ taskId: 'x', attempt: 1 }] }),
    roles: ['compute'],
  },
  'ResultsController.results': { call: post('/v1/results', { taskId: 'x' }), roles: ['compute'] },
  'DeadLetterGroupsController.list': { call: get('/v1/dead-letters/groups'), roles: ['operator'] },
  'DeadLettersController.list': { call: get('/v1/dead-letters'), roles: ['operator'] },
  'DeadLettersController.get': { call: get(`/v1/dead-letters/${UNKNOWN}`), roles: ['operator'] },
  'DeadLettersController.redrive': {
    call: post(`/v1/dead-letters/${UNKNOWN}/redrive`),
    roles: ['operator'],
  },
  'DeadLettersController.discard': {
    call: post(`/v1/dead-letters/${UNKNOWN}/discard`, { note: 'x' }),
    roles: ['operator'],
  },
  'RedrivesController.start': {
    call: post('/v1/redrives', { filter: {}, dryRun: true }),
    roles: ['operator'],
  },
  'RedrivesController.list': { call: get('/v1/redrives'), roles: ['operator'] },
  'RedrivesController.get': { call: get(`/v1/redrives/${UNKNOWN}`), roles: ['operator'] },
  'RedrivesController.cancel': { call: post(`/v1/redrives/${UNKNOWN}/cancel`), roles: ['operator'] },
  'TopicsController.list': { call: get('/v1/topics'), roles: ['operator'] },
  'AuditController.list': { call: get('/v1/audit'), roles: ['operator'] },
  'HealthController.live': { call: get('/health/live'), roles: 'everybody' },
  'HealthController.ready': { call: get('/health/ready'), roles: 'everybody' },
  'MetricsController.read': { call: get('/metrics'), roles: 'everybody' },
};

const FOLLOWERS = ['client', 'service', 'operator', 'owner token', 'task token'];

/** The messages of sockets, likewise. Who unsubscribes need not have subscribed, and learns nothing. */
const MESSAGES: typeof ROUTES = {
  'TasksGateway.subscribe': { call: message('subscribe'), roles: FOLLOWERS, task: true },
  'TasksGateway.subscribe (mine)': {
    call: message('subscribe', () => ({ mine: true })),
    roles: FOLLOWERS.filter((role) => role !== 'task token'),
  },
  'TasksGateway.unsubscribe': {
    call: message('unsubscribe', () => ({ taskId: UNKNOWN })),
    roles: FOLLOWERS,
  },
};

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
