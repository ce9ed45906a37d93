import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { ConfigError } from '../config/config.js';
import { loadConfig } from '../config/load-config.js';
import { dataSourceOptions } from './data-source.js';
import { migrate } from './migrate.js';

/** Migrates the database of `DATABASE_URL` and ends: for an owner whose rights no process has. */
async function migrateOnly(url: string | undefined): Promise<void> {
  const { database } = loadConfig({ DATABASE_URL: url });
  if (database.kind === 'embedded') throw new ConfigError('DATABASE_URL must be set');
  const dataSource = await new DataSource(dataSourceOptions(database)).initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

try {
  await migrateOnly(process.env.DATABASE_URL);
  process.stdout.write('the database is up to date\n');
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
