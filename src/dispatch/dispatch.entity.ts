import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What has to happen next to an open task:
 *
 * - `scheduled`: at `due_at` it becomes queued.
 * - `unsent`: its request record has to be published; at `due_at` the lease of whoever was about to is over.
 * - `sent`: a compute worker has it; at `due_at` its time limit or its expiry is reached.
 *
 * With delivery `claim` the row itself is the queue, and instead of `unsent` and mostly of `sent` there are
 *
 * - `behind`: an earlier task of its ordering key has to be handed out or given back first; at `due_at` it expires.
 * - `claimable`: whoever asks next gets it; at `due_at` it expires.
 * - `claimed`: a compute worker holds a lease on it; at `due_at` the lease, its time limit or its expiry is over.
 */
export type DispatchState = 'scheduled' | 'unsent' | 'sent' | 'behind' | 'claimable' | 'claimed';

/** The standing row of an open task; deleted when the task ends. The table stays as small as the open work. */
@Entity('dispatches')
@Index('dispatches_due', ['state', 'dueAt'])
@Index('dispatches_ordering', ['orderingNumber'], {
  where: `ordering_number IS NOT NULL AND state = 'unsent'`,
})
@Index('dispatches_claimable', ['type', 'claimableSince', 'taskId'], { where: `state = 'claimable'` })
@Index('dispatches_key', ['type', 'orderingKey', 'orderingNumber'], {
  where: `ordering_number IS NOT NULL AND state IN ('behind', 'claimable', 'claimed')`,
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

  /** Only of claimable ones: they are handed out in this order. */
  @Column({ type: 'timestamptz', name: 'claimable_since', precision: 3, nullable: true })
  claimableSince!: Date | null;

  /** The compute worker that holds the lease, if it said its name. */
  @Column({ type: 'text', nullable: true })
  worker!: string | null;

  /** Only of claimed ones: the length for which the lease was given, and for which a report renews it. */
  @Column({ type: 'integer', name: 'lease_seconds', nullable: true })
  leaseSeconds!: number | null;

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

  /** JSON text: what a redrive adds to the request record, as `RecordParts`; null mostly. */
  @Column({ type: 'json', nullable: true })
  record!: string | null;
}
