import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsNumber, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { PageQuery } from '../paging/page.query.js';
import { IsTimestamp } from './is-timestamp.js';
import { MAX_KEY_LENGTH } from './submit-task.dto.js';
import { TASK_STATUSES, type TaskStatus } from './task-state.js';

/** A query parameter that may come once or more often. */
function asList({ value }: { value: unknown }): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}

/** Which tasks to list, newest first. */
export class TasksQuery extends PageQuery {
  /** May be given more than once: any of them. */
  @IsOptional()
  @Transform(asList)
  @IsIn(TASK_STATUSES, { each: true })
  status?: TaskStatus[];

  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(/^[^\0]*$/)
  type?: string;

  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(/^[^\0]*$/)
  correlationId?: string;

  /** RFC 3339; exclusive. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTimestamp()
  createdAfter?: string;

  /** RFC 3339; exclusive. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsTimestamp()
  createdBefore?: string;

  /** Whose tasks; `*` for everybody's. For the roles `service` and `operator`. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(/^[^\0]*$/)
  owner?: string;
}

/** How long to hold the answer until the task is over. */
export class WaitQuery {
  /** Seconds, at most 60. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value,
  )
  @IsNumber()
  @Min(0)
  @Max(60)
  wait?: number;
}
