import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ROOT } from '../test/support/cache.js';
import { pythonInterpreter } from '../test/support/python.js';
import { sharedServices } from '../test/support/services.js';
import type { Stage } from './stage.js';

const SDK = path.join(ROOT, 'workers', 'python');
const SCRIPTS = path.join(SDK, 'bench');

/** A script of `workers/python/bench`, which prints its figures itself, beside a Taskwire with the task types it needs. */
export function pythonBench(script: string, args: string[] = []): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const python = await pythonInterpreter(path.join(SCRIPTS, 'requirements.txt'));
    const { url } = await stage.start('all', { TASK_TYPES: path.join(SCRIPTS, 'task-types.yaml') });
    const child = spawn(python, [path.join(SCRIPTS, script), ...args], {
      env: {
        PATH: `${path.dirname(python)}:${process.env.PATH ?? ''}`,
        PYTHONPATH: `${path.join(SDK, 'src')}:${path.join(SDK, 'tests', 'integration')}`,
        KAFKA_BROKERS: sharedServices().brokers,
        TASKWIRE_URL: url,
        TASKWIRE_TEST_PREFIX: 'bench',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${script} ended with ${String(code)}`);
  };
}
