import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import type { Config, Role } from '../config/config.js';
import { RecordGuards } from '../consuming/record-guards.js';
import { openDatabase, type Database } from '../database/database.module.js';
import { TopicKeeper } from '../dispatch/topic-keeper.js';
import { EventBus } from '../events/event-bus.js';
import { databaseCheck, transportCheck } from '../health/checks.js';
import { HealthRegistry } from '../health/health-registry.js';
import { JsonLogger } from '../observability/logger.js';
import type { TaskTypes } from '../task-types/task-types.js';
import { TransportServer, type TransportRoutes } from '../transport/transport-server.js';
import { TRANSPORT, type Transport } from '../transport/transport.js';
import { AllModule } from './all.module.js';
import { serveConsole } from './console.js';
import { consumedGroups } from './consumed-groups.js';
import { eventBusCheck, listenersCheck, recordsCheck, topicsCheck } from './health-checks.js';
import { configureHttp, createHttpAdapter } from './http.js';
import { WebModule } from './web.module.js';
import { WorkerModule } from './worker.module.js';

/** What runs where. */
interface RoleSpec {
  module: { forRoot(config: Config, taskTypes: TaskTypes, database: Database): DynamicModule };
  /** Whether it reads topics. */
  listens: boolean;
  /** Whether it follows the event bus. */
  follows: boolean;
  /** Whether people can look at it in a browser. */
  hasConsole: boolean;
  /** Whether it is of no use without the broker, where there are topics. */
  needsBroker: boolean;
}

const ROLES: Record<Role, RoleSpec> = {
  all: { module: AllModule, listens: true, follows: true, hasConsole: true, needsBroker: false },
  web: { module: WebModule, listens: false, follows: true, hasConsole: true, needsBroker: false },
  worker: { module: WorkerModule, listens: true, follows: false, hasConsole: false, needsBroker: true },
};

/** Builds the application of the configured role; it listens and consumes when it is started. */
export async function createApp(config: Config, taskTypes: TaskTypes): Promise<NestFastifyApplication> {
  const role = ROLES[config.role];
  const app = await NestFactory.create<NestFastifyApplication>(
    role.module.forRoot(config, taskTypes, await openDatabase(config.database)),
    createHttpAdapter(),
    { rawBody: true, bodyParser: false, logger: new JsonLogger(config.logLevel), abortOnError: false },
  );
  configureHttp(app, config);
  if (role.hasConsole) serveConsole(app.getHttpAdapter().getInstance());
  const health = app.get(HealthRegistry);
  health.register(databaseCheck(app.get(DataSource)));
  if (role.follows) health.register(eventBusCheck(app.get(EventBus)));
  const routes = consumedGroups(config, taskTypes);
  if (Object.keys(routes).length > 0) connectTopics(app, role, routes);
  return app;
}

/** What depends on the transport: checks of it, and our listeners in the roles that have them. */
function connectTopics(app: NestFastifyApplication, role: RoleSpec, routes: TransportRoutes): void {
  const transport = app.get<Transport>(TRANSPORT);
  const health = app.get(HealthRegistry);
  health.register(transportCheck(transport, role.needsBroker));
  health.register(topicsCheck(app.get(TopicKeeper)));
  if (!role.listens) return;
  const strategy = new TransportServer(transport, routes);
  health.register(listenersCheck(strategy, role.needsBroker));
  health.register(recordsCheck(app.get(RecordGuards)));
  app.connectMicroservice({ strategy });
}
