import { FAULTS } from '../../faults/catalogue/catalogue.js';
import type { Servers } from '../../faults/stage/servers.js';
import { runTrial } from '../../faults/trial.js';
import { describeWithServices } from '../support/services.js';

/** Of those that leave the servers alone, which other tests use, too; `npm run faults` has all, with a larger mix. */
const SHORT = ['kill-worker'];
const OPTIONS = { seed: 1, tasks: 10, quietMs: 60_000 };
const LONG = 240_000;

describeWithServices(
  'what clients, workers and followers see',
  ['kafka', 'postgres'],
  ({ brokers, databaseUrl }) => {
    const servers = { kafka: { brokers }, postgres: { url: databaseUrl } } as Servers;

    it.each(FAULTS.filter(({ name }) => SHORT.includes(name)).map((fault) => [fault.name, fault] as const))(
      'keeps every promise over %s',
      async (_, fault) => {
        const { violations, accepted } = await runTrial(fault, servers, OPTIONS);
        expect(violations).toEqual([]);
        expect(accepted).toBeGreaterThanOrEqual(2 * OPTIONS.tasks);
      },
      LONG,
    );
  },
);
