import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { TaskStatus } from './task-state.js';

/** One unit of work: the record that everything else speaks of. One row a task, for as long as retention keeps it. */
@Entity('tasks')
@Index('tasks_owner', ['owner', 'id'])
@Index('tasks_correlation', ['correlationId'], { where: 'correlation_id IS NOT NULL' })
export class Task {
  /** UUIDv7, made in Node: newer tasks have greater ids. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'tasks_pkey' })
  id!: string;

  /** The name of its task type. */
  @Column('text')
  type!: string;

  @Column('text')
  status!: TaskStatus;

  /** A number that fences: the first dispatch is 1, each retry or redrive makes the next. */
  @Column('integer')
  attempt!: number;

  /** The budget: how many attempts may be used up since the last retry or redrive by a person. */
  @Column({ type: 'integer', name: 'max_attempts' })
  maxAttempts!: number;

  /** How many of them are used up. Released leases cost nothing. */
  @Column({ type: 'integer', name: 'attempts_used' })
  attemptsUsed!: number;

  /** The subject that it belongs to. */
  @Column('text')
  owner!: string;

  /** Tasks of one type with the same key are handed out in the order they were accepted. */
  @Column({ type: 'text', name: 'ordering_key', nullable: true })
  orderingKey!: string | null;

  /** A business key by which a worker that knows no task id may answer. */
  @Column({ type: 'text', name: 'correlation_id', nullable: true })
  correlationId!: string | null;

  /** The JSON text as it was sent: `json`, not `jsonb`, so that numbers survive. */
  @Column('json')
  payload!: string;

  /** The JSON text as it was sent; only of a task that succeeded. */
  @Column({ type: 'json', nullable: true })
  result!: string | null;

  /** JSON text of a `TaskError`; only of a task that ended badly. */
  @Column({ type: 'json', nullable: true })
  error!: string | null;

  /** 0–100; never falls within an attempt. */
  @Column('double precision')
  progress!: number;

  /** What the worker said last. */
  @Column('text')
  message!: string;

  /** The number of its newest event. */
  @Column('integer')
  seq!: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;

  /** When the current attempt began: reports without an attempt that are older than this do not count. */
  @Column({ type: 'timestamptz', name: 'attempt_at', precision: 3 })
  attemptAt!: Date;

  /** When it is, or was last, due; null if it never had to wait. */
  @Column({ type: 'timestamptz', name: 'run_at', precision: 3, nullable: true })
  runAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;

  /** By how many seconds a retry or redrive by a person puts `expires_at` off. */
  @Column({ type: 'integer', name: 'expires_in_seconds' })
  expiresInSeconds!: number;

  /** When the current attempt was first reported to run. */
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, nullable: true })
  startedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true })
  finishedAt!: Date | null;

  /** The W3C trace context of the request that submitted it. */
  @Column({ type: 'text', nullable: true })
  traceparent!: string | null;
}
