export type TaskStatus =
  'scheduled' | 'queued' | 'running' | 'succeeded' | 'failed' | 'dead_lettered' | 'cancelled' | 'expired';

export type TaskEventType =
  | 'submitted'
  | 'queued'
  | 'dispatched'
  | 'running'
  | 'progress'
  | 'succeeded'
  | 'failed'
  | 'retrying'
  | 'dead_lettered'
  | 'redriven'
  | 'cancelled'
  | 'expired';

/** Why a task failed. */
export interface TaskFailure {
  type: string;
  message: string;
  stack?: string;
  code?: string;
}

/** A task as `GET /v1/tasks/:id` shows it. Times are RFC 3339 in UTC. */
export interface Task {
  id: string;
  type: string;
  status: TaskStatus;
  attempt: number;
  maxAttempts: number;
  owner: string;
  orderingKey: string | null;
  correlationId: string | null;
  payload: Record<string, unknown>;
  result: unknown;
  error: TaskFailure | null;
  /** Per cent. */
  progress: number;
  message: string;
  /** The number of its newest event. */
  seq: number;
  createdAt: string;
  updatedAt: string;
  runAt: string | null;
  expiresAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** One step in a task's history. */
export interface TaskEvent {
  taskId: string;
  /** Numbered per task from 1, without a gap. */
  seq: number;
  type: TaskEventType;
  /** The status after this step. */
  status: TaskStatus;
  /** The attempt after this step. */
  attempt: number;
  /** RFC 3339 in UTC. */
  at: string;
  /** What is new: result, error, progress, message, by whom. */
  data: Record<string, unknown>;
  /** Only where a number of it does not fit a JavaScript number: `GET /v1/tasks/:id/events` has the exact text. */
  exact?: false;
}

/** What a task may be given besides its payload; see `POST /v1/tasks`. */
export interface SubmitOptions {
  type?: string;
  orderingKey?: string;
  correlationId?: string;
  /** RFC 3339. Not together with `delaySeconds`. */
  runAt?: string;
  delaySeconds?: number;
  expiresInSeconds?: number;
  maxAttempts?: number;
  /** The same key with the same task is the same task, for 24 hours. */
  idempotencyKey?: string;
}

export interface FollowOptions {
  /** The `seq` of the last event that is known already; 0, the default, is for the whole history. */
  after?: number;
}

/** A task being followed. */
export interface FollowHandle {
  /**
   * Resolves with the event that ended the task, after the listener got it; with null after `stop()`, and where the task
   * was over before and had no newer event. Rejects with a `TaskwireError` when the task cannot be followed, and with
   * what the listener throws.
   */
  readonly ended: Promise<TaskEvent | null>;
  /** Ends the following; harmless when it has ended. */
  stop(): void;
}

/** The socket that `io` makes, as far as it is needed here. */
export interface TaskwireSocket {
  readonly connected: boolean;
  /** Whether it connects again by itself. */
  readonly active: boolean;
  on(event: string, listener: (message: never) => void): unknown;
  emit(event: string, body: object, acknowledge?: (answer: never) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

/** Called by the socket before it connects; it hands its credentials to `send`. */
export type SocketAuth = (send: (credentials: { token?: string }) => void) => void;

export interface TaskwireOptions {
  /** The address without a path, `https://taskwire.example.org`; the page's own by default. */
  url?: string;
  /**
   * A JWT or an API key; or a function that gives one, at once or later: it is asked before each request and each
   * connection, so that what has ended can be replaced.
   */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** The function `io` of `socket.io-client`. Without it, tasks are followed by server-sent events. */
  io?: (url: string, options: { forceNew: true; auth: SocketAuth }) => TaskwireSocket;
}

/** What Taskwire answered instead of what it was asked for. */
export class TaskwireError extends Error {
  /**
   * From the closed list that `/openapi.json` documents. An answer that is not Taskwire's, but that of something on the
   * way, is `unavailable` (429 and 5xx) or `unexpected_answer`.
   */
  readonly code: string;
  /** The HTTP status; undefined where a socket was answered. */
  readonly status: number | undefined;
  /** What is wrong where in what was sent. */
  readonly errors: readonly { path: string; message: string }[];
  constructor(
    code: string,
    message: string,
    status?: number,
    errors?: readonly { path: string; message: string }[],
  );
}

/** A client of one Taskwire. All tasks that it follows share one socket, which is closed when there is none left. */
export class Taskwire {
  constructor(options?: TaskwireOptions);

  /**
   * Submits a task. When it resolves the task is durable.
   *
   * @param payload an object; or the JSON text of one, which goes out as it is, with numbers of any size
   * @throws TaskwireError what was refused; SyntaxError for text that is not JSON; TypeError when there is no connection
   */
  submit(payload: object | string, options?: SubmitOptions): Promise<Task>;

  /**
   * Calls `listener` with every event after `after`, once and in order, over lost connections and restarts of the server,
   * up to the one that ends the task.
   */
  follow(taskId: string, listener: (event: TaskEvent) => void, options?: FollowOptions): FollowHandle;

  /**
   * Any other call of the REST interface; resolves with the answer's JSON.
   *
   * @param path from `/v1` on
   * @throws TaskwireError what was refused; TypeError when there is no connection
   */
  request(path: string, init?: RequestInit): Promise<unknown>;
}
