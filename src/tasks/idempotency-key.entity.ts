import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An `Idempotency-Key` and the task that it made. Kept for 24 hours. */
@Entity('idempotency_keys')
@Index('idempotency_keys_created', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'idempotency_keys_pkey' })
  owner!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'idempotency_keys_pkey' })
  key!: string;

  @Column('uuid', { name: 'task_id' })
  taskId!: string;

  /** SHA-256 of the request's canonical JSON. */
  @Column('bytea', { name: 'request_hash' })
  requestHash!: Buffer;

  @Column('timestamptz', { name: 'created_at', precision: 3 })
  createdAt!: Date;
}
