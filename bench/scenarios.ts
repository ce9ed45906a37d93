import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { closedLoop, spread, type Load } from './load.js';
import type { Stage } from './stage.js';

const PAYLOAD = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });
const CONNECTIONS = 64;
const BACKLOG = 20_000;

/** So many tasks first, for the compilers of all that takes part. */
const WARM_UP = 5_000;

/** Durable submissions a second at 64 connections, without workers. */
export async function submissions(stage: Stage): Promise<void> {
  const { url } = await stage.start('all');
  await submit(url, WARM_UP);
  const before = await count(stage, 'true');
  const { answered, seconds, latencies } = await submit(url, 20_000);
  const kept = (await count(stage, 'true')) - before;
  if (kept !== answered) throw new Error(`${answered} were answered 202, ${kept} are in the table`);
  report('submissions at 64 connections', `${rate(answered, seconds)}/s, ${spread(latencies)}`);
}

/** Results a second of a backlog of 20,000, read by one worker process. */
export async function results(stage: Stage): Promise<void> {
  const web = await stage.start('web');
  await until(async () => (await fetch(`${web.url}/health/ready`)).ok);
  await stage.startWorker();
  await submitBatches(web.url, BACKLOG);
  await until(async () => (await stage.recordsOn(stage.resultTopic)) >= BACKLOG);
  await web.stop();
  await stage.start('worker');
  await until(async () => (await count(stage, 'finished_at IS NOT NULL')) === BACKLOG);
  const [{ seconds } = { seconds: NaN }] = await stage.query<{ seconds: number }>(
    'SELECT extract(epoch FROM max(finished_at) - min(finished_at))::float AS seconds FROM tasks',
  );
  report('results of a backlog of 20,000', `${rate(BACKLOG, seconds)}/s`);
}

/** Complete tasks a second: submitted over 64 connections, done by an instant worker, ended in the table. */
export async function throughput(stage: Stage): Promise<void> {
  const { url } = await stage.start('all');
  await stage.startWorker();
  await submit(url, WARM_UP);
  await until(async () => (await count(stage, 'finished_at IS NULL')) === 0);
  const before = await count(stage, 'true');
  const start = performance.now();
  const { answered, latencies } = await submit(url, 20_000);
  await until(async () => (await count(stage, 'finished_at IS NULL')) === 0);
  const seconds = (performance.now() - start) / 1000;
  const ended = (await count(stage, `status = 'succeeded'`)) - before;
  if (ended !== answered) throw new Error(`${answered} were accepted, ${ended} have succeeded`);
  report('complete tasks', `${rate(ended, seconds)}/s, answers to POST ${spread(latencies)}`);
}

/** From POST to the socket's terminal event, one task at a time. */
export async function roundTrip(stage: Stage): Promise<void> {
  const { url } = await stage.start('all');
  await stage.startWorker();
  await submit(url, WARM_UP);
  await until(async () => (await count(stage, 'finished_at IS NULL')) === 0);
  report('POST to socket event, unloaded, 1,000 tasks', spread(await roundTrips(url)));
}

/** Submits tasks one by one, each when the terminal event of the one before is there; how long each took. */
export async function roundTrips(url: string): Promise<number[]> {
  const socket = io(url, { transports: ['websocket'] });
  const latencies: number[] = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let index = 0; index < 1_200; index++) {
    const start = performance.now();
    const { id } = JSON.parse(await send(url, '/v1/tasks', PAYLOAD, agent)) as { id: string };
    await new Promise<void>((resolve) => {
      const listener = (event: { taskId: string; type: string }): void => {
        if (event.taskId !== id || event.type !== 'succeeded') return;
        socket.off('task', listener);
        resolve();
      };
      socket.on('task', listener);
      socket.emit('subscribe', { taskId: id, after: 1 }, () => undefined);
    });
    if (index >= 200) latencies.push(performance.now() - start);
    socket.emit('unsubscribe', { taskId: id }, () => undefined);
  }
  socket.close();
  agent.destroy();
  return latencies;
}

/** Submits tasks over some connections at once. */
export function submit(url: string, total: number, connections = CONNECTIONS): Promise<Load> {
  return closedLoop(`${url}/v1/tasks`, PAYLOAD, { connections, total });
}

async function submitBatches(url: string, total: number): Promise<void> {
  const agent = new http.Agent({ keepAlive: true });
  const tasks = Array.from({ length: 500 }, () => PAYLOAD).join(',');
  for (let sent = 0; sent < total; sent += 500)
    await send(url, '/v1/tasks/batch', `{"tasks":[${tasks}]}`, agent);
  agent.destroy();
}

/** Node's own client: the load must cost less than what it measures. */
function send(url: string, path: string, body: string, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request(url + path, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 202) resolve(text);
        else reject(new Error(`${response.statusCode ?? 0}: ${text}`));
      });
    });
    request.on('error', reject).end(body);
  });
}

async function count(stage: Stage, condition: string): Promise<number> {
  const [row] = await stage.query<{ count: string }>(`SELECT count(*) FROM tasks WHERE ${condition}`);
  return Number(row?.count);
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

export function rate(number: number, seconds: number): string {
  return Math.round(number / seconds).toLocaleString('en-US');
}

export function report(what: string, figures: string): void {
  console.log(`${what}: ${figures}`);
}
