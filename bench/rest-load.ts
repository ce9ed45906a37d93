import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { closedLoop, type Load } from './load.js';

const PAYLOAD = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });
const CONNECTIONS = 64;

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

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

export function rate(number: number, seconds: number): string {
  return Math.round(number / seconds).toLocaleString('en-US');
}

export function report(what: string, figures: string): void {
  console.log(`${what}: ${figures}`);
}
