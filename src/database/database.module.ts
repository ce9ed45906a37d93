import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { resolve } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ConfigError, type DatabaseConfig } from '../config/config.js';
import { dataSourceOptions, embeddedOptions } from './data-source.js';
import { EmbeddedDatabase } from './embedded/embedded-database.js';
import { migrate } from './migrate.js';

/** Where the process's data lies: with a server, or in a database of its own that is open already. */
export type Database = Extract<DatabaseConfig, { kind: 'server' }> | EmbeddedDatabase;

/** The process's one pool of connections to PostgreSQL, migrated before anything else may use it. */
@Module({})
export class DatabaseModule {
  static forRoot(database: Database): DynamicModule {
    return {
      module: DatabaseModule,
      // Global modules end last, in the opposite order of their imports: TypeORM's before this one.
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            ...optionsOf(database),
            toRetry: (error: unknown) => !(error instanceof ConfigError),
          }),
          dataSourceFactory: async (options) => {
            if (!options) throw new Error('the data source has no options');
            const dataSource = await new DataSource(options).initialize().catch((error: unknown) => {
              throw database instanceof EmbeddedDatabase ? error : unreachable(error);
            });
            await migrate(dataSource);
            return dataSource;
          },
        }),
      ],
      providers:
        database instanceof EmbeddedDatabase ? [{ provide: EmbeddedDatabase, useValue: database }] : [],
    };
  }
}

/**
 * Opens what has to be open before anything is built on it.
 *
 * @throws {ConfigError} when the folder is another process's, or cannot be used.
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  if (config.kind === 'server') return config;
  try {
    return await EmbeddedDatabase.open(config.folder);
  } catch (error) {
    throw new ConfigError(`DATA_DIR: the embedded database cannot be opened (${(error as Error).message})`);
  }
}

/** What a server answers, as SQLSTATE, whom it does not let in, or who asks for a database that it does not have. */
const REFUSALS = new Set(['28000', '28P01', '3D000']);

/**
 * Names the setting. A refusal is final: it would be the same in a moment, where a server that is away may come. Some errors of
 * Node's have no message, but a code.
 */
function unreachable(cause: unknown): Error {
  const { message, code = '' } = cause as NodeJS.ErrnoException;
  const text = `DATABASE_URL: no connection (${message || code})`;
  return REFUSALS.has(code) ? new ConfigError(text) : new Error(text, { cause });
}

function optionsOf(database: Database): DataSourceOptions {
  if (!(database instanceof EmbeddedDatabase)) return dataSourceOptions(database);
  new Logger('Database').log({
    message: 'The database is an embedded one: it survives a killed process, but not a power cut',
    folder: resolve(database.folder),
  });
  return embeddedOptions(database);
}
