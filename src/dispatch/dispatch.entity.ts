import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What has to happen next to an open task:
 *
 * - `scheduled`: at `due_at` it becomes queued.
 * - `unsent`: its request record has to be published; at `due_at` the lease of whoever was about to is over.
 * - `sent`: a compute worker has it; at `due_at` its time limit or its expiry is reached.
 */
export type DispatchState = 'scheduled' | 'unsent' | 'sent';

/** The standing row of an open task; deleted when the task ends. The table stays as small as the open work. */
@Entity('dispatches')
@Index('dispatches_due', ['state', 'dueAt'])
@Index('dispatches_ordering', ['orderingNumber'], {
  where: `ordering_number IS NOT NULL AND state = 'unsent'`,
})
@Index('dispatches_correlation', ['correlationId'], { where: 'correlation_id IS NOT NULL' })
export class Dispatch {
  @PrimaryColumn({ type: 'uuid', name: 'task_id', primaryKeyConstraintName: 'dispatches_pkey' })
  taskId!: string;

  @Column('integer')
  attempt!: number;

  @Column('text')
  type!: string;

  @Column('text')
  owner!: string;

  @Column('text')
  state!: DispatchState;

  /** When somebody must look again. */
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3 })
  dueAt!: Date;

  /** The process that is about to publish it, until `due_at`. */
  @Column({ type: 'uuid', nullable: true })
  holder!: string | null;

  @Column({ type: 'text', name: 'ordering_key', nullable: true })
  orderingKey!: string | null;

  /** Drawn under the key's advisory lock when the task first becomes queued, so that it agrees with the order of commits. */
  @Column({ type: 'bigint', name: 'ordering_number', nullable: true })
  orderingNumber!: number | null;

  @Column({ type: 'text', name: 'correlation_id', nullable: true })
  correlationId!: string | null;

  /** The task's `created_at`. */
  @Column({ type: 'timestamptz', name: 'accepted_at', precision: 3 })
  acceptedAt!: Date;

  /** The task's `expires_at`. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}
