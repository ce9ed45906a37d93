import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsNumber, IsObject, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { IsOwner } from '../auth/is-owner.js';
import { STORABLE, UNSTORABLE } from '../json/storable-text.js';
import { AsParsed } from './as-parsed.js';
import { IsTimestamp } from './is-timestamp.js';

/** The longest ordering key, correlation id and owner, in characters: they have to fit an index of PostgreSQL. */
export const MAX_KEY_LENGTH = 512;

/** Sixty-three years, in seconds: more is a mistake, and would leave the column. */
export const MAX_SECONDS = 2_000_000_000;

/** A task to be submitted. */
export class SubmitTaskDto {
  /** What the worker gets; at most 256 KiB as sent. It has no field `taskId`: Taskwire adds that. */
  @AsParsed()
  @IsObject()
  payload!: Record<string, unknown>;

  /** The name of a task type. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  type?: string | null = 'default';

  /** Tasks of one type with the same key are handed out in the order they were accepted. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(STORABLE, UNSTORABLE)
  orderingKey?: string | null;

  /** A business key by which a worker that knows no task id may answer; by default the payload's `fileId`. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(STORABLE, UNSTORABLE)
  correlationId?: string | null;

  /** When the task becomes due; RFC 3339, at most 63 years ahead. Not together with `delaySeconds`. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTimestamp()
  runAt?: string | null;

  /** After how many seconds the task becomes due. */
  @IsOptional()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(MAX_SECONDS)
  delaySeconds?: number | null;

  /** How many seconds after it is due the task expires; the type's own number by default. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  expiresInSeconds?: number | null;

  /** How many attempts may be used up; the type's own number by default. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  maxAttempts?: number | null;

  /** Whose task it is, if not the caller's; for the role `service` only. */
  @ApiPropertyOptional({ minLength: 1, maxLength: MAX_KEY_LENGTH })
  @IsOptional()
  @IsOwner()
  owner?: string | null;
}
