import type { Consumer, EachBatchPayload } from 'kafkajs';
import { gather } from './gather.js';

/** How often offsets are committed, in milliseconds: kafkajs by itself waits for a commit after each batch. */
const COMMIT_EVERY = 100;

/**
 * Consumes a topic as fast as kafkajs can: the batches of all partitions share rounds of work, and offsets are committed now
 * and then, each after its work was done.
 */
export async function consume(
  consumer: Consumer,
  topic: string,
  work: (messages: EachBatchPayload['batch']['messages']) => Promise<void>,
): Promise<void> {
  const rounds = gather(work);
  const offsets = new Map<number, string>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    partitionsConsumedConcurrently: 3,
    eachBatch: async ({ batch }) => {
      await rounds.add(batch.messages);
      offsets.set(batch.partition, String(Number(batch.lastOffset()) + 1));
    },
  });
  await joined;
  setInterval(() => {
    const done = [...offsets].map(([partition, offset]) => ({ topic, partition, offset }));
    offsets.clear();
    // After a rebalance it may be refused; the tasks then come twice, which changes nothing. Otherwise it goes with the next.
    if (done.length > 0)
      consumer.commitOffsets(done).catch(() => {
        for (const { partition, offset } of done) if (!offsets.has(partition)) offsets.set(partition, offset);
      });
  }, COMMIT_EVERY);
}
