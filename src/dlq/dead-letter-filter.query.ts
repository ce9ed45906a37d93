import { Transform } from 'class-transformer';
import { IsDate, IsIn, IsString, IsUUID, Matches } from 'class-validator';
import { IfGiven } from '../errors/if-given.decorator.js';
import { isTimestamp } from '../tasks/is-timestamp.js';
import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from './dead-letter.entity.js';

function toTime({ value }: { value: unknown }): unknown {
  return isTimestamp(value) ? new Date(value) : value;
}

/** Which dead letters: those to which all that is given applies. */
export class DeadLetterFilter {
  /** The original topic. */
  @IfGiven()
  @IsString()
  @Matches(/^[\w.-]{1,249}$/)
  topic?: string;

  @IfGiven()
  @IsIn(DEAD_LETTER_STATUSES)
  status?: DeadLetterStatus;

  /** The root cause's type. */
  @IfGiven()
  @IsString()
  @Matches(/^[^\0]+$/)
  errorType?: string;

  @IfGiven()
  @IsUUID()
  taskId?: string;

  @IfGiven()
  @IsString()
  @Matches(/^[0-9a-f]{16}$/)
  fingerprint?: string;

  /** RFC 3339; exclusive. */
  @IfGiven()
  @Transform(toTime)
  @IsDate({ message: '$property must be a date and time with an offset (RFC 3339)' })
  failedAfter?: Date;

  /** RFC 3339; exclusive. */
  @IfGiven()
  @Transform(toTime)
  @IsDate({ message: '$property must be a date and time with an offset (RFC 3339)' })
  failedBefore?: Date;
}
