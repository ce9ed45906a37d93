import { randomUUID } from 'node:crypto';

/** The Kafka and PostgreSQL that all tests of a run share. */
export interface SharedServices {
  /** As in `KAFKA_BROKERS`. */
  brokers: string;
  /** As in `DATABASE_URL`; tests take a schema of their own with `createTestDatabase()`. */
  databaseUrl: string;
}

/**
 * What a test can need: the shared broker, the shared database, what it takes to start one of its own
 * (`startKafkaBroker`, `startPostgres`), or a Chromium (`startBrowser`). A broker of its own takes Java and Maven, so
 * `ownKafka` is what `startJava` needs, too.
 */
export type Need = 'kafka' | 'postgres' | 'ownKafka' | 'ownPostgres' | 'browser';

/** What the set-up found; `missing` says why something is not there. */
export interface FoundServices extends SharedServices {
  missing: Partial<Record<Need, string>>;
}

/** The shared services. An address that the set-up could not find is empty: declare the need to be told. */
export function sharedServices(): SharedServices {
  const { brokers, databaseUrl } = found();
  return { brokers, databaseUrl };
}

/**
 * A `describe` that needs services. Without them its tests are skipped, and the set-up has said so; with `CI=true` they fail.
 */
export function describeWithServices(
  title: string,
  needs: Need[],
  body: (services: SharedServices) => void,
): void {
  const { missing, ...services } = found();
  const reasons = needs.flatMap((need) => missing[need] ?? []);
  if (reasons.length === 0) {
    describe(title, () => {
      body(services);
    });
    return;
  }
  const orFail = process.env.CI === 'true' ? describe : describe.skip;
  orFail(title, () => {
    beforeAll(() => {
      throw new Error(reasons.join('; '));
    });
    body(services);
  });
}

/** `name` with something random behind it, for a topic, a group prefix or an owner that no other test uses. */
export function unique(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

function found(): FoundServices {
  const json = process.env.TASKWIRE_TEST_SERVICES; // from global-setup.mjs, which runs in another process
  if (json === undefined)
    throw new Error('Only tests below test/ have services: Jest starts none for unit tests');
  return JSON.parse(json) as FoundServices;
}
