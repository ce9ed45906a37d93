import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { RelayModule } from '../dispatch/relay.module.js';
import { DeadLettersListenerModule } from '../dlq/dead-letters-listener.module.js';
import { ResultsModule } from '../results/results.module.js';
import type { TaskTypes } from '../task-types/task-types.js';
import { RetentionModule } from '../tasks/retention.module.js';
import { CoreModule } from './core.module.js';

/** What listens, relays and keeps time. */
export function workerFeatures(config: Config): NonNullable<ModuleMetadata['imports']> {
  return [ResultsModule, DeadLettersListenerModule, RelayModule, RetentionModule.forRoot(config)];
}

/** Role `worker`: listeners, relay and timers; over HTTP only health and metrics. */
@Module({})
export class WorkerModule {
  static forRoot(config: Config, taskTypes: TaskTypes): DynamicModule {
    return {
      module: WorkerModule,
      imports: [CoreModule.forRoot(config, taskTypes), ...workerFeatures(config)],
    };
  }
}
