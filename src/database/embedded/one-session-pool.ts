import pg from 'pg';

/** As pg calls back: the error, else a client and how to give it back. */
type Callback = (
  error: Error | undefined,
  client?: pg.PoolClient,
  release?: pg.PoolClient['release'],
) => void;

/** What of a pool is used here, less its overloads. */
type Pool = new (config?: pg.PoolConfig) => { connect(callback: Callback): void };

/**
 * A pool that leases one session, which is all that an embedded database has: to one transaction from its begin to its
 * end, to one statement at a time otherwise. Others wait in the order in which they came, for so long as a pool waits for
 * a connection. So a statement inside a transaction that does not go through the transaction's own manager fails.
 */
export class OneSessionPool extends (pg.Pool as unknown as Pool) {
  constructor(config: pg.PoolConfig) {
    // A session that is given up for being idle would lose its prepared statements.
    super({ ...config, max: 1, idleTimeoutMillis: 0 });
  }

  override connect(callback: Callback): void {
    super.connect((error, ...lease) => {
      callback(error && named(error), ...lease);
    });
  }
}

/** The same error, saying what was waited for. */
function named(error: Error): Error {
  if (!error.message.startsWith('timeout exceeded')) return error;
  return new Error(
    `${error.message}: the one session of the embedded database was held by another transaction`,
    { cause: error },
  );
}
