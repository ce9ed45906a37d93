import type { Servers } from './servers.js';

/**
 * Something that keeps the contract which is measured: a task is accepted durably (`202`), handed to a worker, its result is
 * stored, and the end is pushed over a WebSocket.
 */
export interface Contender {
  name: string;
  /** How it is set up, in a sentence. */
  about: string;
  /** Starts it, ready to take tasks; without a worker yet. */
  start: (servers: Servers) => Promise<RunningContender>;
}

/** A contender that runs. */
export interface RunningContender {
  target: Target;
  /** Its own processes, by what they are called; the worker's and the servers' are not among them. */
  processes: Record<string, number>;
  /** Leads into its schema. */
  databaseUrl: string;
  /** Starts the worker that answers at once, in a process of its own. */
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  /** Counts what its store says now. */
  audit(): Promise<Audit>;
  /** Ends all its processes. */
  stop(): Promise<void>;
}

/** Where tasks go in and where their ends come out. */
export interface Target {
  /** Without a path. */
  url: string;
  submitPath: string;
  /** The WebSocket on which the ends of all tasks come, each in a message with `"taskId":"…"` and `"type":"succeeded"`. */
  push: { url: string; protocol: 'plain' | 'socket.io' };
}

/** What the store of a contender holds. */
export interface Audit {
  /** Tasks that were accepted. */
  accepted: number;
  /** How many times tasks have ended. */
  ended: number;
}
