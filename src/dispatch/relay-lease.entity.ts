import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who may publish the dispatches with an ordering key: one relay at a time. */
@Entity('relay_leases')
export class RelayLease {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'relay_leases_pkey' })
  name!: string;

  /** Rises with each new holder. */
  @Column('bigint')
  epoch!: number;

  @Column('uuid')
  holder!: string;

  @Column({ type: 'timestamptz', name: 'held_until', precision: 3 })
  heldUntil!: Date;
}
