import { ApiProperty } from '@nestjs/swagger';

/** Who did, or wanted to do, what. */
export class AuditEntryResponse {
  id!: string;

  /** RFC 3339. */
  @ApiProperty({ type: 'string', format: 'date-time' })
  at!: Date;

  /** `refused`, or `done` where it changed what is another owner's. */
  @ApiProperty({ enum: ['refused', 'done'] })
  outcome!: 'refused' | 'done';

  /** Null for a caller whom nobody knew. */
  @ApiProperty({ type: 'string', nullable: true })
  owner!: string | null;

  roles!: string[];

  /** What was done, or the route or socket message that was asked for. */
  action!: string;

  /** The id that it was about, as it was given. */
  @ApiProperty({ type: 'string', nullable: true })
  target!: string | null;

  /** The code of the refusal. */
  @ApiProperty({ type: 'string', nullable: true })
  code!: string | null;

  /** The network address of whoever asked: of the last proxy, where there is one. */
  address!: string;

  /** How often the same was refused at about this time. */
  @ApiProperty({ type: 'integer' })
  count!: number;
}
