import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const REDRIVE_STATUSES = ['running', 'done', 'cancelled', 'stopped'] as const;

/** `stopped` by itself, because too much of what it sent came back. */
export type RedriveStatus = (typeof REDRIVE_STATUSES)[number];

/** Many dead letters that are sent again, oldest first, at a rate. */
@Entity('redrives')
@Index('redrives_due', ['nextRoundAt'], { where: `status = 'running'` })
export class Redrive {
  /** UUIDv7. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'redrives_pkey' })
  id!: string;

  /** Which open letters, as JSON text. */
  @Column('json')
  filter!: string;

  @Column({ type: 'integer', name: 'rate_per_second' })
  ratePerSecond!: number;

  /** The share of what is decided, 0 to 1, that may come back as new letters before it stops. */
  @Column({ type: 'double precision', name: 'stop_on_failure_rate' })
  stopOnFailureRate!: number;

  @Column({ type: 'text', nullable: true })
  note!: string | null;

  /** Who started it. */
  @Column('text')
  by!: string;

  @Column('text')
  status!: RedriveStatus;

  /** Why it stopped by itself. */
  @Column({ type: 'text', name: 'stop_reason', nullable: true })
  stopReason!: string | null;

  /** How many letters it was started for. */
  @Column('integer')
  matched!: number;

  @Column('integer')
  sent!: number;

  /** Letters that were not sent: closed by others meanwhile, or their task has moved on. */
  @Column('integer')
  skipped!: number;

  /** Records that the broker refused for good. */
  @Column('integer')
  failed!: number;

  /** The last letter that was looked at; all before it have been. */
  @Column({ type: 'uuid', nullable: true })
  cursor!: string | null;

  /** The newest letter that it is for; null if it is for none. */
  @Column({ type: 'uuid', name: 'last_id', nullable: true })
  lastId!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** When its next letters are due, by its rate. */
  @Column({ type: 'timestamptz', name: 'next_round_at', precision: 3, nullable: true })
  nextRoundAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true })
  finishedAt!: Date | null;
}
