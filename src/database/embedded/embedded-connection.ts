import { Duplex } from 'node:stream';
import { SET_PLANNER } from '../planner.js';

/** Gives the database a message of PostgreSQL's wire protocol, or several at once; resolves with its answer. */
export type Exchange = (request: Uint8Array) => Promise<Uint8Array>;

/** Whatever the connection before left behind: its transaction, prepared statements, locks and settings. */
const RESET = Buffer.concat(['ROLLBACK', 'DISCARD ALL', SET_PLANNER].map(simpleQuery));

/** The first byte of the message with which a client says goodbye. PostgreSQL would end itself on it. */
const TERMINATE = 'X'.charCodeAt(0);

/**
 * What pg takes for its socket: a connection to the one session of an embedded database, as new as one to a server. Of
 * the limits that a server keeps for us it knows one, for transactions in which nothing happens.
 */
export class EmbeddedConnection extends Duplex {
  private idleInTransaction: NodeJS.Timeout | undefined;

  /**
   * @param exchange with the database, in the order of the calls
   * @param idleLimit in milliseconds
   */
  constructor(
    private readonly exchange: Exchange,
    private readonly idleLimit: number,
  ) {
    super();
  }

  /** As of a socket; where to is no question here. */
  connect(): void {
    this.exchange(RESET).then(
      () => this.emit('connect'),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  /** As of a socket; there is nothing to set. */
  setNoDelay(): void {}

  /** As of a socket; there is nothing to set. */
  setKeepAlive(): void {}

  /** As of a socket; a connection that nobody uses keeps no process alive. */
  ref(): void {}

  /** As of a socket; see `ref`. */
  unref(): void {}

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    clearTimeout(this.idleInTransaction);
    const messages = chunks.map(({ chunk }) => chunk).filter((chunk) => chunk[0] !== TERMINATE);
    if (messages.length === 0) {
      done();
      return;
    }
    this.exchange(Buffer.concat(messages)).then((answer) => {
      this.push(answer);
      if (isInTransaction(answer)) this.watchTransaction();
      done();
    }, done);
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.idleInTransaction);
    done(error);
  }

  private watchTransaction(): void {
    this.idleInTransaction = setTimeout(() => {
      this.destroy(new Error(`Connection terminated: a transaction was idle for ${this.idleLimit} ms`));
    }, this.idleLimit);
  }
}

/** The message of a statement without parameters. */
function simpleQuery(sql: string): Buffer {
  const message = Buffer.from(`Q    ${sql}\0`);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}

/** What the last message of an answer, ReadyForQuery, says: `I`dle, in a `T`ransaction or in one that failed (`E`). */
function isInTransaction(answer: Uint8Array): boolean {
  const [kind, , , , , state] = answer.subarray(-6);
  return kind === 'Z'.charCodeAt(0) && state !== 'I'.charCodeAt(0);
}
