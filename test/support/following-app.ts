import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuditModule } from '../../src/audit/audit.module.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import { DatabaseModule, openDatabase } from '../../src/database/database.module.js';
import { ProblemFilter } from '../../src/errors/problem.filter.js';
import { RequestValidationPipe } from '../../src/errors/validation.pipe.js';
import { EventBus } from '../../src/events/event-bus.js';
import { EventsModule } from '../../src/events/events.module.js';
import { GatewayModule } from '../../src/gateway/gateway.module.js';
import { SocketIoAdapter } from '../../src/gateway/socket-io.adapter.js';
import { LimitsModule } from '../../src/limits/limits.module.js';
import { Metrics } from '../../src/observability/metrics.js';
import { loadTaskTypes } from '../../src/task-types/load-task-types.js';
import { TaskTypes } from '../../src/task-types/task-types.js';
import { eventually } from './eventually.js';

/** What following finds around it in every role: metrics, and here only the built-in task type. */
@Global()
@Module({
  providers: [{ provide: TaskTypes, useValue: loadTaskTypes(null, 'none') }, Metrics],
  exports: [TaskTypes, Metrics],
})
class Surroundings {}

/** Starts what lets clients follow tasks, and nothing else, on a free port. Two of them are two web processes. */
export async function startFollowingApp(settings: Record<string, string>): Promise<NestFastifyApplication> {
  const config = loadConfig({
    ...settings,
    KAFKA_BROKERS: 'localhost:1',
    DATABASE_POOL_SIZE: '4',
  });
  const testing = Test.createTestingModule({
    imports: [
      Surroundings,
      DatabaseModule.forRoot(await openDatabase(config.database)),
      AuthModule.forRoot(config),
      LimitsModule.forRoot(config),
      EventsModule.forRoot(config),
      AuditModule,
      GatewayModule,
    ],
  });
  const app = (await testing.compile()).createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useLogger(['fatal']);
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.useWebSocketAdapter(new SocketIoAdapter(app, { corsOrigins: [], isAllowed: () => true }));
  await app.listen(0, '127.0.0.1');
  await eventually(() => {
    expect(app.get(EventBus).isConnected).toBe(true);
  });
  return app;
}
