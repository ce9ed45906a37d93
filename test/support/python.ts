import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, ROOT } from './cache.js';
import { Child } from './child.js';

/** What the Python SDK is tested with; what compute workers need that know nothing of Taskwire is part of it. */
const PYTHON_SDK = join(ROOT, 'workers', 'python', 'requirements-dev.txt');

/**
 * The path of a Python interpreter in a virtual environment of its own, with the packages of a requirements file. Made the
 * first time; needs `python3` (3.10 or later) with `venv`, and the package index.
 */
export async function pythonInterpreter(requirements = PYTHON_SDK): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = await cached(`python-${version}`, async (dir) => {
    await Child.run('python3', ['-m', 'venv', dir]);
    await Child.run(join(dir, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-compile',
      '-r',
      requirements,
    ]);
  });
  return join(folder, 'bin', 'python');
}
