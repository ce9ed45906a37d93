/** What clients, workers and followers saw, one entry each; the log only grows. */
export type Entry =
  Accepted | Commanded | HandedOut | Answered | Rejected | Poisoned | Followed | Saw | Left | Spied;

/** A client was told that its task is accepted. */
export interface Accepted {
  kind: 'accepted';
  owner: string;
  taskId: string;
  /** What the client calls its submission; it is in the payload, and the idempotency key. */
  nonce: string;
  type: string;
  orderingKey: string | null;
}

/** A person's command was answered well. */
export interface Commanded {
  kind: 'commanded';
  command: 'cancel' | 'retry' | 'redrive';
  taskId: string;
}

/** A compute worker got a task. */
export interface HandedOut {
  kind: 'handed-out';
  taskId: string;
  attempt: number;
  type: string;
  orderingKey: string | null;
}

/** A compute worker is about to answer: from here on the answer may have been written. */
export interface Answered {
  kind: 'answered';
  taskId: string;
  attempt: number;
  /** It is in the result, or the error's message. */
  nonce: string;
}

/** A compute worker was told over HTTP that its answer cannot be processed; all that are given this way can be. */
export interface Rejected {
  kind: 'rejected';
  taskId: string;
  attempt: number;
  /** Of the problem. */
  code: string;
}

/** A record that nobody can process is durable on a topic. Bytes are base64. */
export interface Poisoned {
  kind: 'poisoned';
  /** Where the record was, before it was dead-lettered. */
  topic: string;
  key: string | null;
  value: string;
}

/** A follower began; it is to see every event after `after`. A stream ends with the first end of its task. */
export interface Followed {
  kind: 'followed';
  follower: string;
  owner: string;
  channel: 'socket' | 'stream';
  taskId: string;
  after: number;
}

/** A follower, or whoever hears of all tasks of an owner, was told of an event. */
export interface Saw {
  kind: 'saw';
  follower: string;
  owner: string;
  taskId: string;
  seq: number;
}

/** All who followed have left: of what comes, they see nothing. */
export interface Left {
  kind: 'left';
}

/** Somebody asked for a task of another owner. */
export interface Spied {
  kind: 'spied';
  owner: string;
  taskId: string;
  /** The HTTP status of the answer. */
  status: number;
}

/** The entries of one kind, in their order. */
export function ofKind<Kind extends Entry['kind']>(
  history: readonly Entry[],
  kind: Kind,
): Extract<Entry, { kind: Kind }>[] {
  return history.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
}
