import type { DataSource } from 'typeorm';
import type { Transport } from '../transport/transport.js';
import type { HealthCheck } from './health-registry.js';

/** Whether the database answers; no role is of any use without it. */
export function databaseCheck(dataSource: DataSource): HealthCheck {
  return {
    name: 'database',
    required: true,
    check: async () => {
      await dataSource.query('SELECT 1');
      return { status: 'ok' };
    },
  };
}

/** Whether the broker answers; `web` goes on accepting tasks without it. */
export function transportCheck(transport: Transport, required: boolean): HealthCheck {
  return {
    name: 'transport',
    required,
    check: async () => {
      await transport.check();
      return { status: 'ok' };
    },
  };
}
