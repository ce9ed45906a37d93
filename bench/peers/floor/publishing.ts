import type { Kafka } from 'kafkajs';
import { gather } from '../gather.js';
import type { Task } from './store.js';

/** A function that publishes a task on a topic; concurrent ones go together, and all replicas have them (acks = all). */
export async function publishing(kafka: Kafka, topic: string): Promise<(task: Task) => void> {
  const producer = kafka.producer();
  await producer.connect();
  const rounds = gather<Task>(async (tasks) => {
    const messages = tasks.map(({ id, payload }) => ({
      key: id,
      value: `{"taskId":"${id}",${payload.slice(1)}`,
    }));
    await producer.send({ topic, acks: -1, messages });
  });
  return (task) => void rounds.add([task]);
}
