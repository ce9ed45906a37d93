import type { Rest } from './rest.js';
import { SocketClient } from './socket-client.js';

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
export const message =
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

export const SUBMIT = { payload: { fileUrl: '/a' } };

/** Every route, the roles that it is for, and whether it names a task. */
export const ROUTES: Record<string, { call: Call; roles: string[] | 'everybody'; task?: true }> = {
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
export const MESSAGES: typeof ROUTES = {
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
