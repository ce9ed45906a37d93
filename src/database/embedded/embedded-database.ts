import type { OnApplicationShutdown } from '@nestjs/common';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { EmbeddedConnection } from './embedded-connection.js';
import { lockFolder } from './folder-lock.js';
import { startThread } from './start-thread.js';

/**
 * A PostgreSQL inside this process, in a thread of its own. It has one session. What it has committed survives the death
 * of the process, not that of the machine: it does not wait for the disk.
 */
export class EmbeddedDatabase implements OnApplicationShutdown {
  /** Who waits for answers, in the order of the requests. */
  private readonly waiting: ((answer: Uint8Array) => void)[] = [];
  private isClosing = false;

  private constructor(
    /** Where its data lies, for this process only. */
    readonly folder: string,
    private readonly thread: Worker,
    private readonly unlock: () => Promise<void>,
  ) {
    thread.on('message', (answer: Uint8Array) => this.waiting.shift()?.(answer));
    // An error of the thread has no listener either: without its database this process is of no use.
    thread.on('exit', () => {
      if (!this.isClosing) throw new Error('The embedded database has ended by itself');
    });
  }

  /**
   * Opens the database in a folder, both of which it makes if they are missing. The first time takes seconds.
   *
   * @throws {FolderInUseError} if another process has it open.
   */
  static async open(folder: string): Promise<EmbeddedDatabase> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unlock = await lockFolder(folder);
    try {
      const thread = startThread(join(folder, 'postgres'));
      await once(thread, 'message');
      return new EmbeddedDatabase(folder, thread, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * A connection for pg's `stream` option. There is one session: a new connection ends the transaction of the one
   * before, so the one before must not be in use any more.
   *
   * @param idleLimit after so many milliseconds without a statement within a transaction, it is closed
   */
  connection(idleLimit: number): EmbeddedConnection {
    return new EmbeddedConnection((request) => this.exchange(request), idleLimit);
  }

  /** Closes the database when it has answered what it was asked, and gives the folder free. */
  async onApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    const ended = once(this.thread, 'exit');
    this.thread.postMessage(null);
    await ended;
    await this.unlock();
  }

  private exchange(request: Uint8Array): Promise<Uint8Array> {
    if (this.isClosing) return Promise.reject(new Error('Connection terminated: the database is closed'));
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      // A copy: the memory of a Buffer is shared with others.
      const message = new Uint8Array(request);
      this.thread.postMessage(message, [message.buffer]);
    });
  }
}
