import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { AuditModule } from '../audit/audit.module.js';
import { TokensModule } from '../auth/tokens.module.js';
import type { Database } from '../database/database.module.js';
import { ClaimsModule } from '../dispatch/claims/claims.module.js';
import { DeadLettersModule } from '../dlq/dead-letters.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { ResultsModule } from '../results/results.module.js';
import type { TaskTypes } from '../task-types/task-types.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { TopicsModule } from '../topics/topics.module.js';
import { CoreModule } from './core.module.js';

/** What serves clients and workers over HTTP. */
export const WEB_FEATURES = [
  AuditModule,
  TasksModule,
  ClaimsModule,
  ResultsModule,
  DeadLettersModule,
  GatewayModule,
  TopicsModule,
  TokensModule,
];

/** Role `web`: REST and sockets. It needs the database; without a broker it goes on accepting tasks. */
@Module({})
export class WebModule {
  static forRoot(config: Config, taskTypes: TaskTypes, database: Database): DynamicModule {
    return { module: WebModule, imports: [CoreModule.forRoot(config, taskTypes, database), ...WEB_FEATURES] };
  }
}
