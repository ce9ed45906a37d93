import { Ends } from './ends.js';
import { HttpConnection } from './http-connection.js';
import { summary, type Order, type Outcome } from './order.js';

/** Submits a task when the end of the one before was seen: how long a task takes when nothing else is to be done. */
export async function oneByOne({ target, total }: Extract<Order, { kind: 'one-by-one' }>): Promise<Outcome> {
  const ends = new Ends();
  await ends.listen(target);
  const connection = await HttpConnection.open(target);
  const answers: number[] = [];
  const start = performance.now();
  for (let sent = 0; sent < total; sent++) {
    const dueAt = performance.now();
    const taskId = await connection.submit();
    answers.push(performance.now() - dueAt);
    ends.accepted(taskId, dueAt);
    await ends.settled();
  }
  const seconds = (performance.now() - start) / 1_000;
  connection.close();
  ends.close();
  return {
    accepted: total,
    seconds,
    answers: summary(answers),
    ends: summary(ends.latencies),
    unseen: ends.missing,
    backlog: 0,
  };
}
