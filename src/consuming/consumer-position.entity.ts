import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a consumer group has come on a partition: moved in the same transaction as the effects of the records. */
@Entity('consumer_positions')
export class ConsumerPosition {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'consumer_positions_pkey' })
  group!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'consumer_positions_pkey' })
  topic!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'consumer_positions_pkey' })
  partition!: number;

  /** The offset of the next record that counts. */
  @Column('bigint')
  position!: number;

  /** The transport's time of the youngest record seen; a younger one below the position tells of a topic made anew. */
  @Column({ type: 'timestamptz', name: 'newest_at', precision: 3 })
  newestAt!: Date;
}
