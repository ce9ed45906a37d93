import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config, Role } from '../config/config.js';
import { JsonLogger } from '../observability/logger.js';
import type { TaskTypes } from '../task-types/task-types.js';
import { TransportServer } from '../transport/transport-server.js';
import { TRANSPORT, type SubscribeOptions, type Transport } from '../transport/transport.js';
import { AllModule } from './all.module.js';
import { configureHttp, createHttpAdapter } from './http.js';
import { WebModule } from './web.module.js';
import { WorkerModule } from './worker.module.js';

interface RoleModule {
  forRoot(config: Config, taskTypes: TaskTypes): DynamicModule;
}

/** What runs where: the modules of each role, and whether it reads topics. */
const ROLES: Record<Role, { module: RoleModule; listens: boolean }> = {
  all: { module: AllModule, listens: true },
  web: { module: WebModule, listens: false },
  worker: { module: WorkerModule, listens: true },
};

/** Builds the application of the configured role; nothing listens or consumes yet. */
export async function createApp(config: Config, taskTypes: TaskTypes): Promise<NestFastifyApplication> {
  const { module, listens } = ROLES[config.role];
  const app = await NestFactory.create<NestFastifyApplication>(
    module.forRoot(config, taskTypes),
    createHttpAdapter(config),
    { rawBody: true, logger: new JsonLogger(config.logLevel), abortOnError: false },
  );
  await configureHttp(app, config);
  if (listens) {
    const strategy = new TransportServer(app.get<Transport>(TRANSPORT), consumedGroups(config, taskTypes));
    app.connectMicroservice({ strategy });
  }
  return app;
}

/** What our listeners read: for each logical pattern a consumer group and its topics. */
export function consumedGroups(
  { transport }: Config,
  taskTypes: TaskTypes,
): Record<string, SubscribeOptions> {
  const names = (topics: { name: string }[]): string[] => topics.map(({ name }) => name);
  return {
    results: { group: `${transport.groupPrefix}-results`, topics: names(taskTypes.resultTopics()) },
    'dead-letters': {
      group: `${transport.groupPrefix}-dead-letters`,
      topics: names(taskTypes.deadLetterTopics()),
    },
  };
}
