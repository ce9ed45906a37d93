import { setTimeout as sleep } from 'node:timers/promises';
import { Ends } from './ends.js';
import { HttpConnection } from './http-connection.js';
import { summary, type Order, type Outcome } from './order.js';

const CONNECTIONS = 128;

/** Who is this many seconds of load behind will not catch up: the rate is too high, and more of it would tell no more. */
const HOPELESS_SECONDS = 1;

/**
 * Submits at a steady rate, whatever the answers do: a task that is due while all connections are busy waits for one, and its
 * latency counts from when it was due.
 */
export async function openLoop({
  target,
  rate,
  seconds,
}: Extract<Order, { kind: 'open' }>): Promise<Outcome> {
  const ends = new Ends();
  await ends.listen(target);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => HttpConnection.open(target)),
  );
  const idle = [...connections];
  const waiting: number[] = [];
  const answers: number[] = [];
  const ended: Promise<void>[] = [];
  const submit = async (connection: HttpConnection, due: number | undefined): Promise<void> => {
    for (let dueAt = due; dueAt !== undefined; dueAt = waiting.shift()) {
      const taskId = await connection.submit();
      answers.push(performance.now() - dueAt);
      ended.push(ends.of(taskId, dueAt));
    }
    idle.push(connection);
  };

  const start = performance.now();
  let sent = 0;
  const backlog = (): number => sent - ends.latencies.length;
  while (sent < rate * seconds && backlog() < rate * HOPELESS_SECONDS) {
    const dueAt = start + (sent * 1_000) / rate;
    if (dueAt > performance.now()) await sleep(1);
    else {
      sent++;
      const connection = idle.pop();
      if (connection) void submit(connection, dueAt);
      else waiting.push(dueAt);
    }
  }
  const left = backlog();
  while (answers.length < sent) await sleep(5);
  const took = (performance.now() - start) / 1_000;
  await ends.patiently(Promise.all(ended));
  for (const connection of connections) connection.close();
  ends.close();
  return {
    accepted: sent,
    seconds: took,
    answers: summary(answers),
    ends: summary(ends.latencies),
    unseen: ends.missing,
    backlog: left,
  };
}
