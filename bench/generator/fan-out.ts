import type { WebSocket } from 'ws';
import { HttpConnection } from './http-connection.js';
import { summary, type Order, type Outcome } from './order.js';
import { openPushSocket } from './push-socket.js';

/** How many messages may be under way to the sockets. */
const WINDOW = 4;

/** How many sockets are opened at a time. */
const OPENING = 50;

/** Many sockets follow one task, which reports progress as fast as all of them have got it. */
export async function fanOut({
  target,
  sockets: count,
  reports,
}: Extract<Order, { kind: 'fan-out' }>): Promise<Outcome> {
  const connection = await HttpConnection.open(target);
  const taskId = await connection.submit();
  let received = 0;
  let wake: () => void = () => undefined;
  const onMessage = (): void => {
    received++;
    wake();
  };
  const sockets: WebSocket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(OPENING, count - sockets.length) }, () =>
      openPushSocket(target, { taskId, after: 1 }, onMessage),
    );
    sockets.push(...(await Promise.all(some)));
  }
  const receivedBy = (number: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (received >= number) resolve();
      };
      wake();
    });

  const latencies: number[] = [];
  const start = performance.now();
  for (let report = 1; report <= reports; report++) {
    const sentAt = performance.now();
    const message = `report ${report}`;
    await connection.post('/v1/results', JSON.stringify({ taskId, status: 'RUNNING', message }));
    await receivedBy((report - WINDOW) * count);
    latencies.push(performance.now() - sentAt);
  }
  await receivedBy(reports * count);
  const seconds = (performance.now() - start) / 1_000;
  for (const socket of sockets) socket.terminate();
  connection.close();
  return { accepted: 1, seconds, answers: summary(latencies), unseen: 0, backlog: 1 };
}
