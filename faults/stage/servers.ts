import { Cable } from '../../test/support/cable.js';
import { startKafkaCluster } from '../../test/support/kafka-cluster.js';
import { startKafkaBroker, type KafkaBroker } from '../../test/support/kafka.js';
import { freePort } from '../../test/support/ports.js';
import { startPostgres, type PostgresServer } from '../../test/support/postgres.js';

/** Which Kafka a fault needs: one node, or three with so many replicas that have to be in sync. */
export type Cluster = 'one-node' | 'three-nodes-two-in-sync' | 'three-nodes-all-in-sync';

/** Servers that belong to the trials, to be broken at will. */
export interface Servers {
  /** All of Kafka; its nodes, where there are several, are in `nodes`. */
  kafka: KafkaBroker;
  nodes: readonly KafkaBroker[];
  /** Another way to Kafka, by a cable; there is none to several nodes. */
  byCable?: { brokers: string; cable: Cable } | undefined;
  postgres: PostgresServer;
  close(): Promise<void>;
}

/** Starts a Kafka and a PostgreSQL. */
export async function startServers(cluster: Cluster): Promise<Servers> {
  const [kafka, postgres] = await Promise.all([startKafka(cluster), startPostgres()]);
  const { brokers } = kafka.kafka;
  // What tests find their shared services in.
  process.env.TASKWIRE_TEST_SERVICES = JSON.stringify({ brokers, databaseUrl: postgres.url, missing: {} });
  return {
    ...kafka,
    postgres,
    close: async () => {
      await Promise.all([kafka.kafka.close(), postgres.close(), kafka.byCable?.cable.cut()]);
    },
  };
}

type Kafka = Pick<Servers, 'kafka' | 'nodes' | 'byCable'>;

async function startKafka(cluster: Cluster): Promise<Kafka> {
  switch (cluster) {
    case 'one-node':
      return startOneNode();
    case 'three-nodes-two-in-sync':
      return together(await startKafkaCluster(3, 2));
    case 'three-nodes-all-in-sync':
      return together(await startKafkaCluster(3, 3));
  }
}

/** It has a second listener, which is known to clients by the near end of the cable. */
async function startOneNode(): Promise<Kafka> {
  const [port, cabled, controller] = await Promise.all([freePort(), freePort(), freePort()]);
  const cable = await Cable.to(`tcp://127.0.0.1:${cabled}`);
  const kafka = await startKafkaBroker({
    port,
    properties: {
      listeners: `PLAINTEXT://127.0.0.1:${port},CABLE://127.0.0.1:${cabled},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CABLE://${cable.host}`,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CABLE:PLAINTEXT',
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
    },
  });
  return { kafka, nodes: [kafka], byCable: { brokers: cable.host, cable } };
}

/** All nodes as one. */
function together(nodes: readonly KafkaBroker[]): Kafka {
  const all = (act: (node: KafkaBroker) => Promise<void>) => async (): Promise<void> => {
    await Promise.all(nodes.map(act));
  };
  const kafka: KafkaBroker = {
    brokers: nodes.map(({ brokers }) => brokers).join(),
    stop: all((node) => node.stop()),
    kill: all((node) => node.kill()),
    start: all((node) => node.start()),
    empty: all((node) => node.empty()),
    close: all((node) => node.close()),
    freeze: () => {
      for (const node of nodes) node.freeze();
    },
    thaw: () => {
      for (const node of nodes) node.thaw();
    },
  };
  return { kafka, nodes };
}
