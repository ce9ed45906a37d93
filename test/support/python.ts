import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, ROOT } from './cache.js';
import { Child } from './child.js';

/**
 * The path of a Python interpreter with the packages of `requirements.txt`, for compute workers that know nothing of
 * Taskwire. Made the first time; needs `python3` with `venv`, and the package index.
 */
export async function pythonInterpreter(): Promise<string> {
  const requirements = join(ROOT, 'test', 'support', 'requirements.txt');
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = await cached(`python-${version}`, async (dir) => {
    await Child.run('python3', ['-m', 'venv', dir]);
    await Child.run(join(dir, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  });
  return join(folder, 'bin', 'python');
}
