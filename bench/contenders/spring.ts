import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../../test/support/cache.js';
import { Child } from '../../test/support/child.js';
import type { PeerSettings } from '../peers/peer-settings.js';

const PROJECT = fileURLToPath(new URL('../peers/spring', import.meta.url));

/** Starts the peer on Spring Boot; the first time Maven builds it. Needs Java 17 and Maven. */
export async function launchSpring(settings: PeerSettings): Promise<Child> {
  const { port, databaseUrl, brokers, requestTopic, resultTopic } = settings;
  const { host, pathname, search } = new URL(databaseUrl);
  const options = {
    'server.port': port,
    'spring.datasource.url': `jdbc:postgresql://${host}${pathname}${search}`,
    'spring.kafka.bootstrap-servers': brokers,
    'request-topic': requestTopic,
    'result-topic': resultTopic,
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = await Child.start('java', ['-cp', await classPath(), 'peer.PeerApplication', ...flags]);
  await child.waitForOutput(/^ready$/m, 120_000);
  return child;
}

async function classPath(): Promise<string> {
  const folder = await cached('bench-spring', async (dir) => {
    await cp(PROJECT, dir, { recursive: true });
    const goals = [
      'compile',
      'dependency:copy-dependencies',
      '-DoutputDirectory=lib',
      '-DincludeScope=runtime',
    ];
    await Child.run('mvn', ['-q', '-B', ...goals], { cwd: dir });
  });
  return `${path.join(folder, 'target', 'classes')}:${path.join(folder, 'lib', '*')}`;
}
