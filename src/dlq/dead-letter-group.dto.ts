import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { DeadLetterResponse } from './dead-letter.dto.js';

/** The root cause, of the newest letter. */
@ApiSchema({ name: 'DeadLetterCause' })
export class DeadLetterCauseResponse {
  type!: string;

  /** Its first 1,000 characters. */
  message!: string;
}

/** Dead letters of one cause, those that match. */
@ApiSchema({ name: 'DeadLetterGroup' })
export class DeadLetterGroupResponse {
  fingerprint!: string;

  @ApiProperty({ type: 'integer' })
  count!: number;

  /** How many of them are open. */
  @ApiProperty({ type: 'integer' })
  open!: number;

  /** When the oldest was received. */
  firstSeen!: Date;

  /** When the newest was received. */
  lastSeen!: Date;

  /** Where their records came from. */
  topics!: string[];

  error!: DeadLetterCauseResponse;

  /** The newest of them. */
  example!: DeadLetterResponse;
}
