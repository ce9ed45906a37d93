import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { ProblemResponse } from '../errors/problem.dto.js';
import type { AppError } from '../errors/app-error.js';
import { toProblem, type Problem } from '../errors/problem.js';
import type { IgnoredReason, Outcome } from './facts.js';

/** The attempt is (or, by this, was) the worker's, also where no event was written. */
@ApiSchema({ name: 'AppliedItem' })
export class AppliedItemResponse {
  /** Its place in the request, from 0. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  index!: number;

  @ApiProperty({ enum: ['applied'] })
  outcome!: 'applied';
}

/** It changed nothing: the worker should stop. */
@ApiSchema({ name: 'IgnoredItem' })
export class IgnoredItemResponse {
  /** Its place in the request, from 0. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  index!: number;

  @ApiProperty({ enum: ['ignored'] })
  outcome!: 'ignored';

  /**
   * `stale_attempt`: the attempt is not the current one. `duplicate`: it has ended with the same outcome.
   * `already_terminal`: it has ended with another one.
   */
  @ApiProperty({ enum: ['stale_attempt', 'duplicate', 'already_terminal'] })
  reason!: IgnoredReason;
}

/** It cannot be read, or names no task. */
@ApiSchema({ name: 'RejectedItem' })
export class RejectedItemResponse {
  /** Its place in the request, from 0. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  index!: number;

  @ApiProperty({ enum: ['rejected'] })
  outcome!: 'rejected';

  @ApiProperty({ type: ProblemResponse })
  error!: Problem;
}

export type OutcomeItem = AppliedItemResponse | IgnoredItemResponse | RejectedItemResponse;

/** What became of each item of a request, in their order; each stands alone. */
@ApiSchema({ name: 'Outcomes' })
@ApiExtraModels(AppliedItemResponse, IgnoredItemResponse, RejectedItemResponse)
export class OutcomesResponse {
  @ApiProperty({
    type: 'array',
    items: {
      oneOf: [AppliedItemResponse, IgnoredItemResponse, RejectedItemResponse].map((item) => ({
        $ref: getSchemaPath(item),
      })),
    },
  })
  items!: OutcomeItem[];
}

/**
 * What a worker is told of facts that it brought, one for each, in order: what became of it, or why it was rejected.
 *
 * @param path that of the request
 */
export function outcomesOf(outcomes: readonly (Outcome | AppError)[], path: string): OutcomesResponse {
  return {
    items: outcomes.map((outcome, index) => {
      if (outcome instanceof Error) return { index, outcome: 'rejected', error: toProblem(outcome, path) };
      return { index, ...outcome };
    }),
  };
}
