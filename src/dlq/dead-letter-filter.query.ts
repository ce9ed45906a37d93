import { Transform } from 'class-transformer';
import { IsDate, IsString, IsUUID, Matches } from 'class-validator';
import { IfGiven } from '../errors/if-given.decorator.js';
import { timeField } from './decode/optional-fields.js';

function toTime({ value }: { value: unknown }): unknown {
  return timeField(value) ?? value;
}

/** Which dead letters: those to which all that is given applies. */
export class DeadLetterFilter {
  /** The original topic. */
  @IfGiven()
  @IsString()
  @Matches(/^[\w.-]{1,249}$/)
  topic?: string;

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
  @IsDate()
  failedAfter?: Date;

  /** RFC 3339; exclusive. */
  @IfGiven()
  @Transform(toTime)
  @IsDate()
  failedBefore?: Date;
}
