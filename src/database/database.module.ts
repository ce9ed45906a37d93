import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Config } from '../config/config.js';
import { dataSourceOptions } from './data-source.js';
import { migrate } from './migrate.js';
import { DataSource } from 'typeorm';

/** The process's one pool of connections to PostgreSQL, migrated before anything else may use it. */
@Module({})
export class DatabaseModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSourceOptions(config.database),
          dataSourceFactory: async (options) => {
            if (!options) throw new Error('the data source has no options');
            const dataSource = await new DataSource(options).initialize();
            await migrate(dataSource);
            return dataSource;
          },
        }),
      ],
    };
  }
}
