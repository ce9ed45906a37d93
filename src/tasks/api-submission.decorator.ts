import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse } from '@nestjs/swagger';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import { TaskResponse } from './task.dto.js';

const HEADERS = {
  Location: { description: 'The path of the task', schema: { type: 'string' as const } },
  'Idempotency-Replayed': {
    description: 'Only if the idempotency key had made the task before',
    schema: { type: 'string' as const, enum: ['true'] },
  },
};

/** Documents what only the submission of a task has. */
export function ApiSubmission(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      description: 'With an equal body it gives the same task again, for 24 hours, per owner',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiAcceptedResponse({ description: 'The task is durable', type: TaskResponse, headers: HEADERS }),
    ApiOkResponse({ description: 'With `wait`: it is over', type: TaskResponse, headers: HEADERS }),
    ApiProblems('correlation_in_use', 'idempotency_key_reused', 'payload_invalid', 'unknown_task_type'),
  );
}
