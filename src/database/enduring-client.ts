import type pg from 'pg';
import { PreparingClient } from './preparing-client.js';

/**
 * A client whose broken connection ends nobody's process. The pool and TypeORM listen for errors while they have a client, and
 * let go of it at the first one. A second may follow, such as the server's last words after a write that failed: without
 * this listener Node takes it for an error that nobody handles.
 */
export class EnduringClient extends PreparingClient {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
