import type { ClaimLease } from '../dispatch/dispatch.repository.js';
import type { TaskError } from './task-state.js';

/** What a compute worker says of a task. */
export type Report =
  | { status: 'succeeded'; /** JSON text */ result: string; message: string | null }
  | { status: 'failed'; error: TaskError; retryable: boolean; message: string | null }
  | { status: 'running'; progress: number | null; message: string | null };

/** Something that happened to a task, told by whoever saw it. Whether it counts is decided by the fold. */
export type Fact =
  /** A worker's answer or report. Without an attempt, `at` (the transport's time) tells whether it is too old. */
  | { kind: 'report'; report: Report; attempt: number | null; at: Date }
  /** A scheduled task has become due. */
  | { kind: 'due' }
  /** Nothing was heard of this attempt for longer than its type allows. */
  | { kind: 'timed-out'; attempt: number }
  /** A worker holds a lease on this attempt. */
  | { kind: 'claimed'; attempt: number; lease: ClaimLease }
  /** Whoever held this attempt gave it back. */
  | { kind: 'released'; attempt: number }
  /** The lease on this attempt is over: its worker is lost. */
  | { kind: 'lease-lost'; attempt: number }
  /** The task's time is over. */
  | { kind: 'expired' }
  /** A person wants it to stop. */
  | { kind: 'cancelled'; by: string }
  /** A person wants it done again. */
  | { kind: 'retried'; by: string }
  /**
   * Its dead letter is sent again; `attempt` is the one that the letter is of, if it says so. `changes` is JSON text: what was
   * mended.
   */
  | { kind: 'redriven'; by: string; deadLetterId: string; attempt: number | null; changes: string | null }
  /** Its request record cannot be processed. `at` is the record's time, for letters that know no attempt. */
  | {
      kind: 'dead-lettered';
      deadLetterId: string;
      error: TaskError;
      attempt: number | null;
      at: Date | null;
    };

/** Why a fact changed nothing. */
export type IgnoredReason = 'stale_attempt' | 'duplicate' | 'already_terminal';

/** What became of a fact. `applied` also where it only confirmed what was known. */
export type Outcome = { outcome: 'applied' } | { outcome: 'ignored'; reason: IgnoredReason };
