import { Transform } from 'class-transformer';
import { IsDate, IsIn, IsOptional, IsString, IsUUID, Matches } from 'class-validator';
import { PageQuery } from '../paging/page.query.js';
import { timeField } from './decode/optional-fields.js';
import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from './dead-letter.entity.js';

function toTime({ value }: { value: unknown }): unknown {
  return timeField(value) ?? value;
}

/** Which dead letters to list, newest first. */
export class DeadLettersQuery extends PageQuery {
  /** The original topic. */
  @IsOptional()
  @IsString()
  @Matches(/^[\w.-]{1,249}$/)
  topic?: string;

  @IsOptional()
  @IsIn(DEAD_LETTER_STATUSES)
  status?: DeadLetterStatus;

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
