import type { ApiBodyOptions } from '@nestjs/swagger';

type Schema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

const RESULT: Schema = {
  type: 'object',
  title: 'Result',
  description:
    'One of the shapes that a result topic accepts: flat, where what is not named here is the result, or wrapped, with ' +
    '`status` and the result in `payload`. `/result.schema.json` has all of it.',
  required: ['taskId'],
  properties: {
    taskId: { type: 'string', format: 'uuid' },
    attempt: { type: 'integer', minimum: 1, description: 'Required for tasks that were claimed' },
    status: {
      type: 'string',
      description: 'In any case: DONE, FAILED, RUNNING, or another word that means one of them',
    },
    progress: { type: 'number', minimum: 0, maximum: 100 },
    message: { type: 'string' },
    error: {
      description: 'Of FAILED: `{type, message, stack, retryable}`, or a text',
      oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }],
    },
    payload: { type: 'object', additionalProperties: true },
  },
  additionalProperties: true,
  example: { taskId: '01930000-0000-7000-8000-000000000000', attempt: 1, status: 'DONE', vector: [0.1] },
};

/** HTTP's door for results. */
export const RESULTS_PATH = '/v1/results';

/** What it takes. */
export const RESULTS_BODY: Schema = {
  oneOf: [
    RESULT,
    {
      type: 'object',
      title: 'Results',
      required: ['results'],
      properties: { results: { type: 'array', minItems: 1, maxItems: 100, items: RESULT } },
      additionalProperties: false,
    },
  ],
};
