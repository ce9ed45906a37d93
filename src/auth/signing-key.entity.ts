import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The secret that the installation signs its own tokens with: one row, made at the first start. */
@Entity('signing_keys')
export class SigningKey {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_keys_pkey' })
  name!: string;

  @Column('bytea')
  secret!: Buffer;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
