import path from 'node:path';
import { ROOT } from '../support/cache.js';
import { Child } from '../support/child.js';
import { DescribedApi } from '../support/described-api.js';
import { pythonInterpreter } from '../support/python.js';
import { describeWithServices } from '../support/services.js';
import { tokenFor } from '../support/tokens.js';
import { AttackedTaskwire } from './attacked-taskwire.js';

/** The folder of its configuration, which says what is checked. */
const FOLDER = path.join(ROOT, 'test', 'e2e', 'schemathesis');

/** Schemathesis calls every operation of the OpenAPI document with whatever the document allows, and with what it does not. */
describeWithServices('the API, for who knows its OpenAPI document only', ['postgres'], () => {
  let python: string;
  let taskwire: AttackedTaskwire;

  beforeAll(async () => {
    python = await pythonInterpreter(path.join(FOLDER, 'requirements.txt'));
  }, 300_000);

  afterEach(() => taskwire.close());

  /** Rejects with its report where an answer is not as documented. */
  async function run(...args: string[]): Promise<void> {
    const { document } = await DescribedApi.of(taskwire.url);
    const count = Object.values(document.paths).flatMap((item) => Object.keys(item)).length;
    const report = await Child.run(
      python,
      [
        '-m',
        'schemathesis.cli',
        '--config-file',
        'schemathesis.toml',
        'run',
        `${taskwire.url}/openapi.json`,
        '--no-color',
        ...args,
      ],
      { cwd: FOLDER, env: { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    expect(report).toMatch(new RegExp(`Tested: +${count}\\b`));
    await taskwire.expectUnharmed();
  }

  it('never fails, and answers as documented, to whom it lets in without credentials', async () => {
    taskwire = await AttackedTaskwire.start();
    await run('--phases', 'examples,fuzzing');
  }, 300_000);

  it('does the same with a token that may do everything, at the edges of what the document allows', async () => {
    taskwire = await AttackedTaskwire.start('jwt');
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = await tokenFor('alice', ['client', 'service', 'compute', 'operator'], { exp });
    await run('--phases', 'coverage', '-H', `Authorization: Bearer ${token}`);
  }, 300_000);
});
