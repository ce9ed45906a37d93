import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ERRORS, type ErrorCode, type ErrorDetail } from './app-error.js';
import type { Problem } from './problem.js';

const CODES = Object.entries(ERRORS).map(
  ([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`,
);

/** What is wrong with one place in what was sent. */
@ApiSchema({ name: 'ErrorDetail' })
export class ErrorDetailResponse implements ErrorDetail {
  /** Dotted, from the top of what was sent. */
  @ApiProperty({ example: 'payload.fileUrl' })
  path!: string;

  message!: string;
}

/** An error as callers read it. */
@ApiSchema({
  name: 'Problem',
  description: `An error, as RFC 9457 has it. \`code\` is one of:\n\n${CODES.join('\n')}`,
})
export class ProblemResponse implements Problem {
  @ApiProperty({ example: 'urn:taskwire:error:task_terminal' })
  type!: string;

  title!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  detail!: string;

  @ApiProperty({ enum: Object.keys(ERRORS) })
  code!: ErrorCode;

  /** The path of the request; a 404 has none. */
  instance?: string;

  errors?: ErrorDetailResponse[];
}
