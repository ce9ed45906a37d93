import { HttpConnection } from './http-connection.js';
import { summary, type Order, type Outcome } from './order.js';

/**
 * Each connection submits again when it was answered: the most that can be accepted over so many connections. With batches above
 * one, each request submits so many tasks.
 */
export async function closedLoop({
  target,
  connections,
  batch,
  until,
}: Extract<Order, { kind: 'closed' }>): Promise<Outcome> {
  const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(target)));
  const answers: number[] = [];
  let sent = 0;
  let accepted = 0;
  const start = performance.now();
  const isOver = (now: number): boolean =>
    'seconds' in until ? now >= start + until.seconds * 1_000 : sent >= until.accepted;
  await Promise.all(
    open.map(async (connection) => {
      for (let now = start; !isOver(now);) {
        sent += batch;
        const taken = batch === 1 ? await submitOne(connection) : await connection.submitBatch(batch);
        accepted += taken;
        const answeredAt = performance.now();
        answers.push(answeredAt - now);
        now = answeredAt;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  for (const connection of open) connection.close();
  return { accepted, seconds, answers: summary(answers), unseen: 0, backlog: accepted };
}

async function submitOne(connection: HttpConnection): Promise<number> {
  await connection.submit();
  return 1;
}
