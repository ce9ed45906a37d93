import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional, IsString } from 'class-validator';
import { AsParsed } from './as-parsed.js';
import { SubmitTaskDto } from './submit-task.dto.js';

/** The most tasks of a batch. */
export const MAX_TASKS = 1000;

/** One task of a batch. */
export class BatchItemDto extends SubmitTaskDto {
  /** The item's `Idempotency-Key`: 1–255 characters, kept 24 hours, per owner. */
  @ApiPropertyOptional({ minLength: 1, maxLength: 255 })
  @IsOptional()
  @IsString()
  idempotencyKey?: string | null;
}

/** Tasks to be submitted together; each stands alone. */
export class SubmitBatchDto {
  /** 1–1000 tasks; each is checked for itself, so that a wrong one fails alone. */
  @ApiProperty({ type: [BatchItemDto] })
  @AsParsed()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_TASKS)
  tasks!: unknown[];
}
