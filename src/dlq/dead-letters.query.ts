import { IsIn, IsISO8601, IsOptional, IsString, IsUUID, Length } from 'class-validator';
import { PageQuery } from '../paging/page.js';
import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from './dead-letter.entity.js';

/** Which dead letters to list, newest first. */
export class DeadLettersQuery extends PageQuery {
  /** The original topic. */
  @IsOptional()
  @IsString()
  @Length(1, 249)
  topic?: string;

  @IsOptional()
  @IsIn(DEAD_LETTER_STATUSES)
  status?: DeadLetterStatus;

  /** The root cause's type. */
  @IsOptional()
  @IsString()
  errorType?: string;

  @IsOptional()
  @IsUUID()
  taskId?: string;

  @IsOptional()
  @IsString()
  @Length(1, 64)
  fingerprint?: string;

  /** RFC 3339; exclusive. */
  @IsOptional()
  @IsISO8601({ strict: true })
  failedAfter?: string;

  /** RFC 3339; exclusive. */
  @IsOptional()
  @IsISO8601({ strict: true })
  failedBefore?: string;
}
