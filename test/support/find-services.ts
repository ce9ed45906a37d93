import { findChromium } from './browser.js';
import { startKafkaContainer, startPostgresContainer } from './containers.js';
import { kafkaClassPath } from './kafka-jars.js';
import { startKafkaBroker } from './kafka.js';
import { findPostgres } from './postgres-binaries.js';
import { startPostgres } from './postgres.js';
import type { FoundServices, Need } from './services.js';

/** Where a service is and how to end it again. */
export interface RunningService {
  address: string;
  close: () => Promise<void>;
}

/** Either a service, or why there is none. */
type Found = { service: RunningService } | { reasons: string };

/**
 * Finds Kafka and PostgreSQL, each in this order: the address in the environment, a server of our own (Kafka from
 * Maven's jars, PostgreSQL from the system or from npm), a container. `close` ends what was started. Says, too, whether
 * there is a browser.
 */
export async function findServices(
  env: NodeJS.ProcessEnv,
): Promise<{ services: FoundServices; close: () => Promise<void> }> {
  const [ownKafka, ownPostgres, browser] = await Promise.all([
    reasonAgainst(kafkaClassPath),
    reasonAgainst(findPostgres),
    reasonAgainst(() => findChromium(env)),
  ]);
  const [kafka, postgres] = await Promise.all([
    firstOf(given(env.KAFKA_BROKERS), ownBroker, startKafkaContainer),
    firstOf(given(env.DATABASE_URL), ownServer, startPostgresContainer),
  ]);
  const missing: Partial<Record<Need, string>> = {};
  if (ownKafka) missing.ownKafka = `no Kafka of its own (${ownKafka})`;
  if (ownPostgres) missing.ownPostgres = `no PostgreSQL of its own (${ownPostgres})`;
  if (browser) missing.browser = `no Chromium (${browser})`;
  if ('reasons' in kafka) missing.kafka = `no Kafka (${kafka.reasons})`;
  if ('reasons' in postgres) missing.postgres = `no PostgreSQL (${postgres.reasons})`;
  return {
    services: { brokers: addressOf(kafka), databaseUrl: addressOf(postgres), missing },
    close: async () => {
      await Promise.all([closeFound(kafka), closeFound(postgres)]);
    },
  };
}

/** Tries the ways one after the other. */
async function firstOf(...ways: (() => Promise<RunningService>)[]): Promise<Found> {
  const reasons: string[] = [];
  for (const way of ways) {
    try {
      return { service: await way() };
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  return { reasons: reasons.join('; ') };
}

function given(address: string | undefined): () => Promise<RunningService> {
  return () =>
    address
      ? Promise.resolve({ address, close: () => Promise.resolve() })
      : Promise.reject(new Error('none given'));
}

async function ownBroker(): Promise<RunningService> {
  const { brokers, close } = await startKafkaBroker();
  return { address: brokers, close };
}

async function ownServer(): Promise<RunningService> {
  const { url, close } = await startPostgres();
  return { address: url, close };
}

async function reasonAgainst(preparation: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await preparation();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function addressOf(found: Found): string {
  return 'service' in found ? found.service.address : '';
}

async function closeFound(found: Found): Promise<void> {
  if ('service' in found) await found.service.close();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
