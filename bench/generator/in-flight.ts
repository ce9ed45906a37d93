import { Ends } from './ends.js';
import { HttpConnection } from './http-connection.js';
import { summary, type Order, type Outcome } from './order.js';

/**
 * Keeps so many tasks under way: each connection submits the next task when the end of the one before was seen. With one it is
 * how long a task takes when there is nothing else to do; with many, how many can be done.
 */
export async function inFlight({
  target,
  tasks,
  seconds,
}: Extract<Order, { kind: 'in-flight' }>): Promise<Outcome> {
  const ends = new Ends();
  await ends.listen(target);
  const connections = await Promise.all(Array.from({ length: tasks }, () => HttpConnection.open(target)));
  const answers: number[] = [];
  const start = performance.now();
  const submitOnAndOn = async (connection: HttpConnection): Promise<void> => {
    for (let dueAt = start; dueAt < start + seconds * 1_000; dueAt = performance.now()) {
      const taskId = await connection.submit();
      answers.push(performance.now() - dueAt);
      await ends.of(taskId, dueAt);
    }
  };
  await ends.patiently(Promise.all(connections.map(submitOnAndOn)));
  const took = (performance.now() - start) / 1_000;
  for (const connection of connections) connection.close();
  ends.close();
  return {
    accepted: answers.length,
    seconds: took,
    answers: summary(answers),
    ends: summary(ends.latencies),
    unseen: ends.missing,
    backlog: 0,
  };
}
