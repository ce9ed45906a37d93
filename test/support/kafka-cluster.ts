import { newClusterId, startKafkaBroker, type KafkaBroker } from './kafka.js';
import { freePort } from './ports.js';

/**
 * Starts a Kafka cluster of as many nodes, each a broker and a controller, on loopback. Every topic has a replica on each
 * node. A node that is killed is missing in the others' metadata after its session, 3 s.
 *
 * @param minInsync how many replicas have to take a record before it is acknowledged
 */
export async function startKafkaCluster(size: number, minInsync: number): Promise<KafkaBroker[]> {
  const clusterId = newClusterId();
  const ports = await Promise.all(
    Array.from({ length: size }, async () => ({ broker: await freePort(), controller: await freePort() })),
  );
  const voters = ports.map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`).join();
  const replicas = String(size);
  const starting = ports.map(({ broker, controller }, index) =>
    startKafkaBroker({
      port: broker,
      clusterId,
      properties: {
        'node.id': String(index + 1),
        listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
        'controller.quorum.bootstrap.servers': undefined,
        'controller.quorum.voters': voters,
        'default.replication.factor': replicas,
        'offsets.topic.replication.factor': replicas,
        'min.insync.replicas': String(minInsync),
        // Or it takes 30 s until a node that is gone is out of the replicas in sync.
        'replica.lag.time.max.ms': '3000',
      },
    }),
  );
  const settled = await Promise.allSettled(starting);
  const nodes = settled.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
  const failed = settled.find((node) => node.status === 'rejected');
  if (failed) {
    await Promise.all(nodes.map((node) => node.close()));
    throw failed.reason;
  }
  return nodes;
}
