import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '../../errors/if-given.decorator.js';
import { STORABLE, UNSTORABLE } from '../../json/storable-text.js';
import type { EncodedHeaders, TextOrBase64 } from '../../json/text-or-base64.js';
import { AsParsed } from '../../tasks/as-parsed.js';
import { DeadLetterFilter } from '../dead-letter-filter.query.js';
import { BYTES, DeadLetterResponse } from '../dead-letter.dto.js';
import { IsRecordBytes, IsRecordHeaders } from './is-record-part.js';
import { REDRIVE_STATUSES, type RedriveStatus } from './redrive.entity.js';

/** The longest note, in characters. */
const MAX_NOTE = 2_000;

/** How a dead letter's record is mended before it is sent again; what is not given stays as it was. */
export class RedriveLetterDto {
  /** Replaces the value whole; of a task's request, it becomes the task's payload. */
  @ApiPropertyOptional(BYTES)
  @AsParsed()
  @IfGiven()
  @IsRecordBytes()
  value?: TextOrBase64;

  @ApiPropertyOptional(BYTES)
  @AsParsed()
  @IfGiven()
  @IsRecordBytes()
  key?: TextOrBase64;

  /** Merged over the old ones; `null` removes one. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { oneOf: [...BYTES.oneOf, { type: 'array', items: BYTES }] },
  })
  @AsParsed()
  @IfGiven()
  @IsRecordHeaders()
  headers?: EncodedHeaders;

  /** Why, for people. */
  @IsOptional()
  @IsString()
  @Length(0, MAX_NOTE)
  @Matches(STORABLE, UNSTORABLE)
  note?: string | null;
}

/** Why a dead letter is closed for good. */
export class DiscardLetterDto {
  @IsString()
  @Length(1, MAX_NOTE)
  @Matches(STORABLE, UNSTORABLE)
  note!: string;
}

/** Which dead letters are to be sent again, and how. */
export class StartRedriveDto {
  /** As for the list; of the letters to which all of it applies, those that are open. `{}` is all that are. */
  @IsObject()
  @ValidateNested()
  @Type(() => DeadLetterFilter)
  filter!: DeadLetterFilter;

  /** How many letters, at the most: the oldest. All by default. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  limit?: number | null;

  /** How many letters a second, at the most. */
  @ApiPropertyOptional({ type: 'integer', default: 1000 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(5_000)
  ratePerSecond?: number | null;

  /** It stops by itself when this share has come back as new letters, of ten at the least of which it is known what became of them. */
  @ApiPropertyOptional({ default: 0.5 })
  @IsOptional()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.01)
  @Max(1)
  stopOnFailureRate?: number | null;

  /** Whether only to tell what it would be for. */
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean | null;

  /** Why, for people. */
  @IsOptional()
  @IsString()
  @Length(0, MAX_NOTE)
  @Matches(STORABLE, UNSTORABLE)
  note?: string | null;
}

/** What a redrive would be for. */
@ApiSchema({ name: 'RedrivePreview' })
export class RedrivePreviewResponse {
  /** How many open letters match. */
  @ApiProperty({ type: 'integer' })
  matched!: number;

  /** The oldest of them. */
  @ApiProperty({ type: [DeadLetterResponse] })
  sample!: DeadLetterResponse[];
}

/** Many dead letters that are sent again, oldest first. */
@ApiSchema({ name: 'Redrive' })
export class RedriveResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  /** As it was given. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  filter!: object;

  @ApiProperty({ enum: REDRIVE_STATUSES })
  status!: RedriveStatus;

  /** Why it stopped by itself. */
  stopReason!: string | null;

  @ApiProperty({ type: 'integer' })
  ratePerSecond!: number;

  stopOnFailureRate!: number;

  /** How many letters it was started for. */
  @ApiProperty({ type: 'integer' })
  matched!: number;

  @ApiProperty({ type: 'integer' })
  sent!: number;

  /** Not sent, because others closed them or their tasks have moved on; the letters' histories have the reasons. */
  @ApiProperty({ type: 'integer' })
  skipped!: number;

  /** Records that the broker will never take. */
  @ApiProperty({ type: 'integer' })
  failed!: number;

  @ApiProperty({ type: 'integer' })
  remaining!: number;

  note!: string | null;

  /** Who started it. */
  by!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt!: Date;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  finishedAt!: Date | null;
}
