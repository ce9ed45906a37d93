import { FAULTS } from '../../faults/catalogue/catalogue.js';
import type { Servers } from '../../faults/stage/servers.js';
import { runTrials, type Trial } from '../../faults/trial.js';
import { describeWithServices } from '../support/services.js';

/** Of those that leave the servers alone, which other tests use, too; `npm run faults` has all, with a larger mix. */
const SHORT = ['kill-worker'];
const OPTIONS = { seeds: [1], tasks: 10, quietMs: 60_000 };
const LONG = 240_000;

describeWithServices(
  'what clients, workers and followers see',
  ['kafka', 'postgres'],
  ({ brokers, databaseUrl }) => {
    const servers = { kafka: { brokers }, postgres: { url: databaseUrl } } as Servers;

    it.each(FAULTS.filter(({ name }) => SHORT.includes(name)).map((fault) => [fault.name, fault] as const))(
      'keeps every promise over %s',
      async (_, fault) => {
        const trials: Trial[] = [];
        for await (const trial of runTrials(fault, servers, OPTIONS)) trials.push(trial);
        expect(trials).toMatchObject([{ fault: fault.name, violations: [] }]);
        expect(trials[0]?.accepted).toBeGreaterThanOrEqual(2 * OPTIONS.tasks);
      },
      LONG,
    );
  },
);
