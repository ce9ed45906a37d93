import type { EventEmitter } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { ticks } from './ticks.js';

/** Begins a statement that is put together as a caller wishes, of which there are too many to prepare: it is planned each time. */
export const UNPREPARED = '-- unprepared\n';

/** So many different statements are prepared at the most. */
const MAX_PREPARED = 200;

/** Their names, the same on all connections. */
const names = new Map<string, string>();

/** As TypeORM writes it. */
const BEGIN = 'START TRANSACTION';

/** What of a client is used here, less its overloads. */
type Client = new (config?: pg.ClientConfig) => EventEmitter & {
  query(query: unknown, ...rest: unknown[]): unknown;
  readonly connection: { readonly stream: Writable };
};

/**
 * A client that has each connection parse and plan a statement with parameters once: half of what a small one costs.
 * Poolers between us and the server have to know prepared statements (PgBouncer does from 1.21 on). A transaction's
 * beginning is not waited for but shares the round trip of its first statement; it fails only with its connection, and then
 * so does that statement. What is asked together is sent together: each write wakes the server, which costs more than most
 * statements.
 */
export class PreparingClient extends (pg.Client as unknown as Client) {
  private gathers = false;

  override query(query: unknown, values?: unknown, ...rest: unknown[]): unknown {
    this.gather();
    if (query === BEGIN) return this.begin();
    const name = typeof query === 'string' && Array.isArray(values) ? nameOf(query) : undefined;
    return name === undefined
      ? super.query(query, values, ...rest)
      : super.query({ name, text: query, values }, ...rest);
  }

  /** Holds back what is written until whoever is at work now has nothing more to ask; `transact` waits for two ticks before COMMIT. */
  private gather(): void {
    if (this.gathers) return;
    this.gathers = true;
    const { stream } = this.connection;
    stream.cork();
    void ticks(3).then(() => {
      this.gathers = false;
      stream.uncork();
    });
  }

  private begin(): Promise<unknown> {
    Promise.resolve(super.query(BEGIN)).catch(() => undefined);
    return Promise.resolve({ rows: [], rowCount: null, command: 'START' });
  }
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MAX_PREPARED || text.startsWith(UNPREPARED)) return known;
  const name = `taskwire_${names.size}`;
  names.set(text, name);
  return name;
}
