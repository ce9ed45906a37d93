import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { Caller } from '../auth/caller.js';
import type { ErrorCode } from '../errors/app-error.js';
import type { Following } from '../events/following.js';
import type { TaskEventType, TaskStatus } from '../tasks/task-state.js';
import type { JsonText } from './json-text.js';

/** A task event as a socket gets it, as contracts/asyncapi.yaml has it. */
export interface TaskEventMessage {
  taskId: string;
  seq: number;
  type: TaskEventType;
  status: TaskStatus;
  attempt: number;
  /** RFC 3339 in UTC. */
  at: string;
  /** What is new: result, error, progress, message, by whom. */
  data: Record<string, unknown>;
  /** Only where a number of it does not fit a JavaScript number: REST has the exact text. */
  exact?: false;
}

/** Why a message, or a connection, was refused. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** What the server says about a message; `task` is the task as in REST, with the event's `exact`. */
export type Acknowledgement = { ok: true; task?: Record<string, unknown> } | { ok: false; error: Refusal };

/** The last argument of each message: missing where the client wants no answer. */
export type Acknowledge = (answer: Acknowledgement | JsonText<Acknowledgement>) => void;

/** What a client may emit. Bodies come from outside: they are checked before they are believed. */
export interface ClientToServerEvents {
  subscribe: (body: { taskId: string; after?: number } | { mine: true }, acknowledge: Acknowledge) => void;
  unsubscribe: (body: { taskId: string } | { mine: true }, acknowledge: Acknowledge) => void;
}

/** What the server sends; an event goes past `emit`, see emitEvent. */
export interface ServerToClientEvents {
  task: (event: TaskEventMessage) => void;
}

/** What the server knows about a socket. */
export interface SocketData {
  caller: Caller;
  following: Following;
  /** Settles when its messages so far have been served. */
  served: Promise<void>;
  /** How many of them wait. */
  waiting: number;
}

export type TaskSocket = Socket<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>;
export type TaskServer = Server<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>;
