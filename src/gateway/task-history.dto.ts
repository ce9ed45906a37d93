import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { TASK_EVENT_TYPES, TASK_STATUSES, type TaskEventType, type TaskStatus } from '../tasks/task-state.js';

/** A `seq` as text, with fewer digits than PostgreSQL's `integer` can have. */
export const SEQ = /^\d{1,9}$/;

/** Only plain digits are a number: neither nothing nor `1e3`. */
function toInteger({ value }: { value: unknown }): unknown {
  return typeof value === 'string' && SEQ.test(value) ? Number(value) : value;
}

/** Where in a task's history to begin, and how much of it to give. */
export class TaskHistoryQuery {
  /** Leaves out the events up to this `seq`. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  after: number = 0;

  /** The most events in one answer. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @Transform(toInteger)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;

  /** `nextCursor` of the answer before; takes the place of `after`. */
  @ApiPropertyOptional({ pattern: SEQ.source })
  @IsOptional()
  @Matches(SEQ, { message: 'cursor must be the nextCursor of another answer' })
  cursor?: string;
}

/** One step in a task's history. */
@ApiSchema({ name: 'TaskEvent' })
export class TaskEventResponse {
  @ApiProperty({ format: 'uuid' })
  taskId!: string;

  /** Numbered per task from 1, without a gap. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  seq!: number;

  @ApiProperty({ enum: TASK_EVENT_TYPES })
  type!: TaskEventType;

  /** The status after this step. */
  @ApiProperty({ enum: TASK_STATUSES })
  status!: TaskStatus;

  /** The attempt after this step. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  attempt!: number;

  at!: Date;

  /** What is new: result, error, progress, message, by whom. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  data!: Record<string, unknown>;
}

/** What a stream's address may carry, for clients that cannot set headers. */
export class StreamQuery {
  /** Leaves out the events up to this `seq`. `Last-Event-ID`, which a client sends when it connects again, takes its place. */
  @ApiPropertyOptional({ type: 'integer' })
  @IsOptional()
  @Transform(toInteger)
  @IsInt()
  @Min(0)
  after: number = 0;

  /** Credentials, as in `Authorization`; read by the access guard. Never logged. */
  @IsOptional()
  @IsString()
  token?: string;
}
