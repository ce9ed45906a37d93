import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { TASK_STATUSES, type TaskStatus } from './task-state.js';

/** A task in a list: without payload and result. */
@ApiSchema({ name: 'TaskSummary' })
export class TaskSummaryResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  /** The name of its task type. */
  type!: string;

  @ApiProperty({ enum: TASK_STATUSES })
  status!: TaskStatus;

  /** The first is 1; each retry or redrive makes the next. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  attempt!: number;

  /** How many attempts may be used up since the last retry or redrive by a person. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  maxAttempts!: number;

  owner!: string;

  /** Tasks of one type with the same key are handed out in the order they were accepted. */
  orderingKey!: string | null;

  /** A business key by which a worker that knows no task id may answer. */
  correlationId!: string | null;

  /** 100 once it succeeded. */
  @ApiProperty({ minimum: 0, maximum: 100 })
  progress!: number;

  /** What the worker said last; `Task Received` until then. */
  message!: string;

  /** That of its newest event. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  seq!: number;

  createdAt!: Date;

  updatedAt!: Date;

  /** When it is, or was last, due; null if it never had to wait. */
  runAt!: Date | null;

  expiresAt!: Date;

  /** When the current attempt was first reported to run. */
  startedAt!: Date | null;

  finishedAt!: Date | null;

  /** Why it ended badly, null otherwise. */
  @ApiProperty({
    type: 'object',
    nullable: true,
    selfRequired: true,
    required: ['type', 'message'],
    properties: {
      type: { type: 'string' },
      message: { type: 'string' },
      stack: { type: 'string' },
      code: { type: 'string' },
    },
  })
  error!: object | null;
}

/** One unit of work. Numbers in payload and result come out as they went in, of any size. */
@ApiSchema({ name: 'Task' })
export class TaskResponse extends TaskSummaryResponse {
  payload!: Record<string, unknown>;

  /** Only of a task that succeeded. */
  result!: Record<string, unknown> | null;
}
