import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { ProblemResponse } from '../errors/problem.dto.js';
import { TaskResponse } from './task.dto.js';

/** A task of a batch that was accepted. */
@ApiSchema({ name: 'AcceptedItem' })
export class AcceptedItemResponse {
  /** Its place in the request, from 0. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  index!: number;

  task!: TaskResponse;

  /** Only where the item's idempotency key had made the task before. */
  @ApiProperty({ enum: [true], required: false })
  replayed?: true;
}

/** A task of a batch that was not accepted. */
@ApiSchema({ name: 'RefusedItem' })
export class RefusedItemResponse {
  /** Its place in the request, from 0. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  index!: number;

  error!: ProblemResponse;
}

/** What became of the tasks of a batch, in their order. */
@ApiSchema({ name: 'SubmittedBatch' })
@ApiExtraModels(AcceptedItemResponse, RefusedItemResponse)
export class SubmittedBatchResponse {
  @ApiProperty({
    type: 'array',
    items: {
      oneOf: [{ $ref: getSchemaPath(AcceptedItemResponse) }, { $ref: getSchemaPath(RefusedItemResponse) }],
    },
  })
  items!: (AcceptedItemResponse | RefusedItemResponse)[];
}
