import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const DEAD_LETTER_ACTIONS = [
  'redriven',
  'cancelled',
  'skipped',
  'refused',
  'closed',
  'discarded',
] as const;

/**
 * `redriven`: somebody wanted it sent again; `cancelled`: the redrive of many that wanted it was over before it was sent; `skipped`: a
 * redrive of many left it out; `refused`: its record cannot be sent as it is; `closed`: its task was brought back by other means;
 * `discarded`: somebody closed it for good.
 */
export type DeadLetterActionName = (typeof DEAD_LETTER_ACTIONS)[number];

/** One step of a dead letter's history, never changed. */
@Entity('dead_letter_actions')
@Index('dead_letter_actions_letter', ['deadLetterId', 'id'])
export class DeadLetterAction {
  /** UUIDv7: in the order of what happened. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'dead_letter_actions_pkey' })
  id!: string;

  @Column({ type: 'uuid', name: 'dead_letter_id' })
  deadLetterId!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column('text')
  action!: DeadLetterActionName;

  /** Who; null where nobody did it. */
  @Column({ type: 'text', nullable: true })
  by!: string | null;

  /** The redrive of many that it was part of. */
  @Column({ type: 'uuid', name: 'redrive_id', nullable: true })
  redriveId!: string | null;

  @Column({ type: 'text', nullable: true })
  note!: string | null;

  /** Why it was cancelled, skipped, refused or closed. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  /** JSON text: what was mended, as `[{path, from?, to?}]`. */
  @Column({ type: 'json', nullable: true })
  changes!: string | null;
}
