import { Transform } from 'class-transformer';
import { IsDate, IsOptional, IsString, IsUUID, Matches } from 'class-validator';
import { timeField } from './decode/optional-fields.js';

function toTime({ value }: { value: unknown }): unknown {
  return timeField(value) ?? value;
}

/** Which dead letters: those to which all that is given applies. */
export class DeadLetterFilter {
  /** The original topic. */
  @IsOptional()
  @IsString()
  @Matches(/^[\w.-]{1,249}$/)
  topic?: string;

  /** The root cause's type. */
  @IsOptional()
  @IsString()
  @Matches(/^[^\0]+$/)
  errorType?: string;

  @IsOptional()
  @IsUUID()
  taskId?: string;

  @IsOptional()
  @IsString()
  @Matches(/^[0-9a-f]{16}$/)
  fingerprint?: string;

  /** RFC 3339; exclusive. */
  @IsOptional()
  @Transform(toTime)
  @IsDate()
  failedAfter?: Date;

  /** RFC 3339; exclusive. */
  @IsOptional()
  @Transform(toTime)
  @IsDate()
  failedBefore?: Date;
}
