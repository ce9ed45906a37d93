import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

export const DEAD_LETTER_STATUSES = ['open', 'redriven', 'discarded'] as const;
export type DeadLetterStatus = (typeof DEAD_LETTER_STATUSES)[number];

/** What the record was: a request on its way to a worker, a worker's answer, or neither. */
export type DeadLetterKind = 'request' | 'result' | 'other';

/** A record that could not be processed, kept byte for byte with its cause. */
@Entity('dead_letters')
@Unique('dead_letters_identity_key', ['identity'])
@Index('dead_letters_topic', ['topic', 'id'])
@Index('dead_letters_fingerprint', ['fingerprint', 'id'])
@Index('dead_letters_task', ['taskId'], { where: 'task_id IS NOT NULL' })
@Index('dead_letters_open', ['id'], { where: `status = 'open'` })
@Index('dead_letters_redrive_due', ['redriveDueAt'], { where: 'redrive_due_at IS NOT NULL' })
@Index('dead_letters_redrive', ['redriveId', 'id'], { where: 'redrive_id IS NOT NULL' })
@Index('dead_letters_came_back', ['cameBackFrom', 'previousId'], { where: 'came_back_from IS NOT NULL' })
@Index('dead_letters_copy_due', ['copyDueAt'], { where: 'copy_due_at IS NOT NULL' })
export class DeadLetter {
  /** UUIDv7: newer letters have greater ids. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'dead_letters_pkey' })
  id!: string;

  /** A hash of where the record was, so that one failure makes one row however often it is delivered. */
  @Column('bytea')
  identity!: Buffer;

  @Column('text')
  status!: DeadLetterStatus;

  @Column('text')
  kind!: DeadLetterKind;

  /** The original topic, else the letter's own less `-dlq`. */
  @Column('text')
  topic!: string;

  @Column({ type: 'text', name: 'original_topic', nullable: true })
  originalTopic!: string | null;

  @Column({ type: 'integer', name: 'original_partition', nullable: true })
  originalPartition!: number | null;

  @Column({ type: 'bigint', name: 'original_offset', nullable: true })
  originalOffset!: number | null;

  @Column({ type: 'timestamptz', name: 'original_timestamp', precision: 3, nullable: true })
  originalTimestamp!: Date | null;

  @Column({ type: 'bytea', nullable: true })
  key!: Buffer | null;

  @Column({ type: 'bytea', nullable: true })
  value!: Buffer | null;

  /** JSON text: values are text, `null`, `{"base64": …}`, or an array of these where a header came twice. */
  @Column('json')
  headers!: string;

  @Column({ type: 'text', name: 'error_type' })
  errorType!: string;

  @Column({ type: 'text', name: 'error_message' })
  errorMessage!: string;

  @Column({ type: 'text', name: 'error_stack', nullable: true })
  errorStack!: string | null;

  @Column({ type: 'text', name: 'error_code', nullable: true })
  errorCode!: string | null;

  /** How often its processing was tried, where known. */
  @Column({ type: 'integer', nullable: true })
  attempts!: number | null;

  /** The consumer group that failed, where known. */
  @Column({ type: 'text', nullable: true })
  group!: string | null;

  @Column({ type: 'uuid', name: 'task_id', nullable: true })
  taskId!: string | null;

  /** Letters with the same cause have the same fingerprint. */
  @Column('text')
  fingerprint!: string;

  @Column({ type: 'timestamptz', name: 'failed_at', precision: 3, nullable: true })
  failedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'received_at', precision: 3 })
  receivedAt!: Date;

  @Column({ type: 'timestamptz', name: 'redriven_at', precision: 3, nullable: true })
  redrivenAt!: Date | null;

  @Column({ type: 'text', name: 'redriven_by', nullable: true })
  redrivenBy!: string | null;

  @Column({ type: 'text', nullable: true })
  note!: string | null;

  /** Whether whoever wrote the letter cut its value. */
  @Column('boolean')
  truncated!: boolean;

  /** When the copy to the `-dlq` topic has to be tried (again); null once it is written, or where none is due. */
  @Column({ type: 'timestamptz', name: 'copy_due_at', precision: 3, nullable: true })
  copyDueAt!: Date | null;

  /** The letter whose redrive this one came of. */
  @Column({ type: 'uuid', name: 'previous_id', nullable: true })
  previousId!: string | null;

  /** How often in a row it came to this: 1, and one more than the previous letter's where there is one. */
  @Column({ type: 'integer', default: 1 })
  generation!: number;

  /** The redrive of many that it was last part of. */
  @Column({ type: 'uuid', name: 'redrive_id', nullable: true })
  redriveId!: string | null;

  /** The redrive of many that the previous letter was sent by. */
  @Column({ type: 'uuid', name: 'came_back_from', nullable: true })
  cameBackFrom!: string | null;

  /**
   * Somebody wants its record sent, and that has not been done: due now, or, in the future, until when somebody is at it.
   * Meanwhile the letter is open, but nobody else's to send.
   */
  @Column({ type: 'timestamptz', name: 'redrive_due_at', precision: 3, nullable: true })
  redriveDueAt!: Date | null;

  /** JSON text: what a person changed of the record that is (to be) sent, as `Mend`. */
  @Column({ type: 'json', nullable: true })
  mend!: string | null;

  /** When it was discarded. */
  @Column({ type: 'timestamptz', name: 'discarded_at', precision: 3, nullable: true })
  discardedAt!: Date | null;
}
