import { createHash } from 'node:crypto';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, ROOT } from './cache.js';
import { Child } from './child.js';

const PROJECT = join(ROOT, 'test', 'spring-kafka');

/**
 * Starts a program of the Maven project in `test/spring-kafka`: `PickyListener` or `ConnectReport`. The project is built
 * when it has changed; needs `java`, `mvn` and a Maven repository (55 MB).
 */
export async function startJava(program: string, ...args: string[]): Promise<Child> {
  const folder = await cached(`spring-kafka-${await version()}`, async (dir) => {
    await cp(PROJECT, dir, { recursive: true });
    await Child.run('mvn', ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
      cwd: dir,
    });
  });
  const classPath = `${join(folder, 'target', 'classes')}:${join(folder, 'lib', '*')}`;
  return Child.start('java', ['-cp', classPath, `taskwire.${program}`, ...args]);
}

async function version(): Promise<string> {
  const files = await readdir(PROJECT, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 12);
}
