import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `refused`: somebody may not do what they asked for. `done`: somebody changed another owner's task or a dead letter. */
export type AuditOutcome = 'refused' | 'done';

/** Who did, or wanted to do, what, when and from where. Only ever added; kept as long as ended tasks are. */
@Entity('audit_entries')
export class AuditEntry {
  /** UUIDv7: newer entries have greater ids. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'audit_entries_pkey' })
  id!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column('text')
  outcome!: AuditOutcome;

  /** Null for a caller whom nobody knows. */
  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  @Column({ type: 'text', array: true })
  roles!: string[];

  /** What was done, or the route or socket message that was asked for: `cancelled`, `GET /v1/topics`. */
  @Column('text')
  action!: string;

  /** The id that it was about, as it was given. */
  @Column({ type: 'text', nullable: true })
  target!: string | null;

  /** The code of the refusal. */
  @Column({ type: 'text', nullable: true })
  code!: string | null;

  /** The network address of whoever asked: of the last proxy, where there is one. */
  @Column('text')
  address!: string;

  /** How often the same was refused at about this time. */
  @Column('integer')
  count!: number;
}
