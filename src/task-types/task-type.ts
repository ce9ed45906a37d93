import type { ErrorDetail } from '../errors/app-error.js';

/** How long a retry waits: `backoffSeconds` × `factor`^(failures − 1), at most `maxSeconds`, with jitter. */
export interface RetryPolicy {
  backoffSeconds: number;
  factor: number;
  maxSeconds: number;
}

/** How tasks reach compute workers: as records on a request topic, or claimed over HTTP under a lease. */
export type Delivery = 'topic' | 'claim';

/** A name that fixes the delivery, topics, payload schema, attempts and time limits of its tasks. */
export interface TaskType {
  name: string;
  delivery: Delivery;
  /** With delivery `claim`, only the name that dead letters of its tasks are filed under. */
  requestTopic: string;
  resultTopic: string;
  /** Of both topics, where they have to be made. */
  partitions: number;
  /** The budget of its tasks unless they bring their own. */
  maxAttempts: number;
  retry: RetryPolicy;
  /** How long an attempt may go without a report; `null`: for ever. */
  attemptTimeoutSeconds: number | null;
  /** How long after it is due a task expires, unless it says else. */
  expiresInSeconds: number;
  /** Whether no two open tasks of one result topic may have the same correlation id. */
  uniqueCorrelation: boolean;
  /** What is wrong with a payload, empty if nothing is; `null` for a type without a schema. */
  payloadErrors: ((payload: object) => ErrorDetail[]) | null;
}

/** The name of the type that is always there. */
export const DEFAULT_TYPE = 'default';
