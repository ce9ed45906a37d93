import type { Cluster } from 'kafkajs';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import { returningAs } from './returning-members.js';

const ignore = (): void => undefined;

/** A consumer that joins under what it is given: `joins` is asked with its name, and its connection breaks right after. */
async function joined(formerId: string | null, joins: (name: string) => string): Promise<(string | null)[]> {
  const names: (string | null)[] = [];
  const assigner = returningAs(formerId, (name) => names.push(name));
  const coordinator = {
    joinGroup: ({ memberId }: { memberId: string }) =>
      Promise.resolve({ generationId: 1, leaderId: 'another', memberId: joins(memberId), members: [] }),
    syncGroup: () => Promise.reject(new Error('Closed connection')),
  };
  const cluster = {
    findGroupCoordinator: () => Promise.resolve(coordinator),
    findTopicPartitionMetadata: () => [],
  } as unknown as Cluster;
  const group = new ConsumerGroup({
    groupId: 'g',
    cluster,
    assigners: [assigner({ cluster, groupId: 'g', logger: {} as never })],
    logger: { namespace: () => ({ info: ignore, debug: ignore, warn: ignore }) },
    retry: { retries: 0 },
    topics: [],
    instrumentationEmitter: { emit: ignore },
  });
  await expect(group.joinAndSync()).rejects.toThrow('Closed connection');
  return names;
}

describe('a consumer that takes the place of another', () => {
  it('joins under its name', async () => {
    expect(await joined('former', (name) => name)).toEqual(['former']);
  });

  // Otherwise its own successor waits for the session of a member that nobody is.
  it('has the name that the group gave it, also when the connection breaks before it has partitions', async () => {
    expect(await joined(null, () => 'new')).toEqual(['new']);
  });
});
