import { cpus, release } from 'node:os';
import pg from 'pg';
import { startKafkaBroker } from '../test/support/kafka.js';
import { createTestDatabase, startPostgres } from '../test/support/postgres.js';

/** The servers of a run: all contenders use the same ones, each with a schema and topics of its own. */
export interface Servers {
  /** As in `KAFKA_BROKERS`. */
  brokers: string;
  /** Makes an empty schema; the URL leads into it. */
  createDatabase(): Promise<string>;
  /** Runs a query in the schema of a URL, or, without one, in none. */
  query: <T extends object>(sql: string, databaseUrl?: string) => Promise<T[]>;
  /** What they and the machine are, to be shown beside the figures. */
  settings: Record<string, string>;
  close(): Promise<void>;
}

/** A broker that runs for long, as in production: Java compiles what is hot for speed. */
const KAFKA_JAVA = ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC'];

const SHOWN = `('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers')`;

/** Starts both with what an installation has by default: PostgreSQL syncs each commit to the disk. */
export async function startServers(): Promise<Servers> {
  const [kafka, postgres] = await Promise.all([startKafkaBroker({ java: KAFKA_JAVA }), startPostgres()]);
  const pools = new Map<string, pg.Pool>();
  const query = async <T extends object>(sql: string, url = postgres.url): Promise<T[]> => {
    const pool = pools.get(url) ?? new pg.Pool({ connectionString: url, max: 1 });
    pools.set(url, pool);
    return (await pool.query<T>(sql)).rows;
  };
  const shown = await query<{ name: string; value: string }>(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE name IN ${SHOWN} ORDER BY name`,
  );
  return {
    brokers: kafka.brokers,
    createDatabase: async () => (await createTestDatabase(postgres.url)).url,
    query,
    settings: {
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Linux ${release()}, Node ${process.version}`,
      PostgreSQL: shown.map(({ name, value }) => `${name} ${value}`).join(', '),
      Kafka: `4.3.1, one broker, acks=all, 3 partitions a topic, ${KAFKA_JAVA.join(' ')}`,
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      await Promise.all([kafka.close(), postgres.close()]);
    },
  };
}
