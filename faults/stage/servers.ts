import { startKafkaBroker, type KafkaBroker } from '../../test/support/kafka.js';
import { startPostgres, type PostgresServer } from '../../test/support/postgres.js';

/** Servers that belong to the trials, to be broken at will. */
export interface Servers {
  kafka: KafkaBroker;
  postgres: PostgresServer;
  close(): Promise<void>;
}

/** Starts a broker and a PostgreSQL. */
export async function startServers(): Promise<Servers> {
  const [kafka, postgres] = await Promise.all([startKafkaBroker(), startPostgres()]);
  const { brokers } = kafka;
  // What tests find their shared services in.
  process.env.TASKWIRE_TEST_SERVICES ??= JSON.stringify({ brokers, databaseUrl: postgres.url, missing: {} });
  return {
    kafka,
    postgres,
    close: async () => {
      await Promise.all([kafka.close(), postgres.close()]);
    },
  };
}
