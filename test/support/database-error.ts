import { QueryFailedError } from 'typeorm';

/** An error as it comes from PostgreSQL through TypeORM. */
export function databaseError(sqlState: string): QueryFailedError {
  const cause = Object.assign(new Error('no'), { code: sqlState, severity: 'ERROR' });
  return new QueryFailedError('SELECT 1', [], cause);
}
