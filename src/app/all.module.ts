import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import type { Database } from '../database/database.module.js';
import type { TaskTypes } from '../task-types/task-types.js';
import { CoreModule } from './core.module.js';
import { WEB_FEATURES } from './web.module.js';
import { workerFeatures } from './worker.module.js';

/** Role `all`: web and worker in one process. */
@Module({})
export class AllModule {
  static forRoot(config: Config, taskTypes: TaskTypes, database: Database): DynamicModule {
    return {
      module: AllModule,
      imports: [
        CoreModule.forRoot(config, taskTypes, database),
        ...WEB_FEATURES,
        ...workerFeatures(config, taskTypes),
      ],
    };
  }
}
