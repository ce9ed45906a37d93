import { HttpConnection } from './http-connection.js';
import { summary, type Order, type Outcome } from './order.js';

/** Each connection submits again when it was answered: the most that can be accepted over so many connections. */
export async function closedLoop({
  target,
  connections,
  seconds,
}: Extract<Order, { kind: 'closed' }>): Promise<Outcome> {
  const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(target)));
  const answers: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(
    open.map(async (connection) => {
      for (let now = performance.now(); now < end;) {
        await connection.submit();
        const answeredAt = performance.now();
        answers.push(answeredAt - now);
        now = answeredAt;
      }
    }),
  );
  const took = (performance.now() - start) / 1_000;
  for (const connection of open) connection.close();
  const accepted = answers.length;
  return { accepted, seconds: took, answers: summary(answers), unseen: 0, backlog: accepted };
}
