import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import type { RunningService } from './find-services.js';
import { freePort } from './ports.js';

const KAFKA_IMAGE = 'apache/kafka:4.3.1';
const POSTGRES_IMAGE = 'postgres:18-alpine';

/** Kafka in a container. Rejects where Docker does not answer. */
export async function startKafkaContainer(): Promise<RunningService> {
  // A broker tells its clients where it is, so the port outside has to be known before it starts.
  const port = await freePort();
  const container = await new GenericContainer(KAFKA_IMAGE)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    })
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .start();
  return running(container, `127.0.0.1:${port}`);
}

/** PostgreSQL in a container. Rejects where Docker does not answer. */
export async function startPostgresContainer(): Promise<RunningService> {
  const container = await new GenericContainer(POSTGRES_IMAGE)
    .withExposedPorts(5432)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withCommand(['postgres', '-c', 'max_connections=300'])
    .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
    .start();
  const address = `${container.getHost()}:${container.getMappedPort(5432)}`;
  return running(container, `postgres://postgres@${address}/postgres`);
}

function running(container: StartedTestContainer, address: string): RunningService {
  return {
    address,
    close: async () => {
      await container.stop();
    },
  };
}
