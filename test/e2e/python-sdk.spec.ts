import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { pythonInterpreter } from '../support/python.js';
import { describeWithServices, unique } from '../support/services.js';
import { Installation, ready } from './installation.js';

const SDK = path.join(ROOT, 'workers', 'python');

/** The task types of the tests in `workers/python/tests/integration`: a topic each, so that none disturbs another. */
const TOPIC_TYPES = [
  'plain',
  'crowded',
  'progress',
  'limited',
  'letters',
  'mixed',
  'keyed',
  'cancel',
  'expiry',
  'term',
  'long',
  'frozen',
  'kept',
  'embedded',
];
const CLAIM_TYPES = ['claimed', 'claim-term', 'claim-kill', 'claim-cancel', 'claim-cli'];

const CHECKS = [
  { title: 'is formatted', args: ['ruff', 'format', '--check', '.'] },
  { title: 'is without a complaint of its linter', args: ['ruff', 'check', '.'] },
  { title: 'has types that hold', args: ['mypy'] },
  { title: 'passes its unit tests', args: ['pytest', 'tests/unit', '-n', '2'] },
];

describe('the Python SDK', () => {
  let python: string;
  let checks: Promise<PromiseSettledResult<string>[]>;

  beforeAll(async () => {
    python = await pythonInterpreter();
    // Beside the integration tests, which mostly wait.
    checks = Promise.allSettled(CHECKS.map(({ args }) => run(args)));
  }, 180_000);

  afterAll(() => checks);

  /** Runs a Python module in the SDK's folder. A failure shows all that it wrote. */
  function run(args: string[], env: Record<string, string> = {}): Promise<string> {
    const options = { cwd: SDK, env: { PATH: process.env.PATH, ...env } };
    return Child.run(python, ['-m', ...args], options);
  }

  describeWithServices('on real servers', ['kafka', 'postgres'], ({ brokers }) => {
    const prefix = unique('sdk');
    let installation: Installation;
    let folder: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      installation = await Installation.create();
      folder = await mkdtemp(path.join(tmpdir(), 'taskwire-sdk-'));
      const types = path.join(folder, 'types.yaml');
      await writeFile(types, taskTypes(prefix));
      const taskwire = await installation.start('all', { TASK_TYPES: types });
      await ready(taskwire);
      env = { KAFKA_BROKERS: brokers, TASKWIRE_URL: taskwire.url, TASKWIRE_TEST_PREFIX: prefix };
    }, 120_000);

    afterAll(async () => {
      await installation.close();
      await rm(folder, { recursive: true });
    });

    // Side by side: they mostly wait.
    it('passes its integration tests', async () => {
      await run(['pytest', 'tests/integration', '-n', '4', '--dist', 'worksteal'], env);
    }, 240_000);
  });

  it.each(CHECKS.map(({ title }, number) => ({ title, number })))(
    '$title',
    async ({ number }) => {
      expect((await checks)[number]).toMatchObject({ status: 'fulfilled' });
    },
    120_000,
  );
});

function taskTypes(prefix: string): string {
  const retry = 'maxAttempts: 2, retry: { backoffSeconds: 1 }';
  return [
    'types:',
    ...TOPIC_TYPES.map(
      (name) =>
        `  ${prefix}.${name}: { requestTopic: ${prefix}-${name}, resultTopic: ${prefix}-result, ${retry} }`,
    ),
    ...CLAIM_TYPES.map((name) => `  ${prefix}.${name}: { delivery: claim }`),
    '',
  ].join('\n');
}
