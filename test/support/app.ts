import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { closeApp } from '../../src/app/http.js';
import { createApp } from '../../src/app/roles.js';
import { loadConfig } from '../../src/config/load-config.js';
import { loadTaskTypes } from '../../src/task-types/load-task-types.js';
import { sharedServices, unique } from './services.js';
import { createDatabase, isEmbedded } from './test-database.js';

/** A Taskwire in the test's own process, with a database, topics and consumer groups that no other test uses. */
export interface TestApp {
  url: string;
  app: NestFastifyApplication;
  /** Of the type `default`. */
  requestTopic: string;
  resultTopic: string;
  /**
   * Starts a second one on the same database, topics and groups: another process's worth. Settings on top, as `env`. An
   * embedded database has one process: there it is the first one again.
   */
  startAnother(env?: Record<string, string>): Promise<NestFastifyApplication>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** More types, as in `TASK_TYPES`; `TOPICS` in it becomes the topics of `default`. */
  types?: string;
  /** Settings on top of the tests' own. */
  env?: Record<string, string>;
}

/** Starts one; `close` drops its database. */
export async function startApp({ types = '', env = {} }: TestAppOptions = {}): Promise<TestApp> {
  const database = await createDatabase();
  const requestTopic = unique('request');
  const resultTopic = unique('result');
  const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-types-'));
  const file = path.join(folder, 'types.yaml');
  const topics = `requestTopic: ${requestTopic}, resultTopic: ${resultTopic}`;
  await writeFile(file, `types:\n  default: { ${topics} }\n${types.replaceAll('TOPICS', topics)}`);
  const settings = {
    ...database.settings,
    KAFKA_BROKERS: sharedServices().brokers,
    KAFKA_GROUP_PREFIX: unique('group'),
    TASK_TYPES: file,
    PORT: '0',
    LOG_LEVEL: 'fatal',
    ...env,
    ...(isEmbedded && { ROLE: 'all' }),
  };
  const app = await start(settings);
  const apps = [app];
  return {
    url: await app.getUrl(),
    app,
    requestTopic,
    resultTopic,
    startAnother: async (more = {}) => {
      if (isEmbedded) return app;
      const another = await start({ ...settings, ...more });
      apps.push(another);
      return another;
    },
    close: async () => {
      await Promise.all(apps.map((each) => closeApp(each, 5)));
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

async function start(settings: Record<string, string>): Promise<NestFastifyApplication> {
  const config = loadConfig(settings);
  const app = await createApp(config, loadTaskTypes(config.taskTypesPath, config.transport.kind));
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return app;
}
