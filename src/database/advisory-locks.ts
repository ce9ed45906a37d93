import type { EntityManager } from 'typeorm';

const LOCK = `
  SELECT pg_advisory_xact_lock(hash)
  FROM (SELECT DISTINCT hashtextextended(name, 0) AS hash FROM unnest($1::text[]) AS name ORDER BY hash) AS hashes`;

/**
 * Holds advisory locks on names to the end of the transaction. One call takes them in one order, so two transactions
 * that each make one call never wait for each other in a circle.
 */
export async function lockNames(manager: EntityManager, names: readonly string[]): Promise<void> {
  if (names.length > 0) await manager.query(LOCK, [names]);
}
