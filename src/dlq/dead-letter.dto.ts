import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { DEAD_LETTER_ACTIONS, type DeadLetterActionName } from './dead-letter-action.entity.js';
import { DEAD_LETTER_STATUSES, type DeadLetterKind, type DeadLetterStatus } from './dead-letter.entity.js';
import type { EncodedHeaders, TextOrBase64 } from '../json/text-or-base64.js';

/** Bytes: their text, null for none, or base64 where they are not UTF-8. */
export const BYTES = {
  oneOf: [
    { type: 'string', nullable: true },
    { type: 'object', required: ['base64'], properties: { base64: { type: 'string', format: 'byte' } } },
  ],
};

/** Where the record was, as far as that is known. */
@ApiSchema({ name: 'RecordOrigin' })
export class RecordOriginResponse {
  topic!: string | null;

  @ApiProperty({ type: 'integer' })
  partition!: number | null;

  @ApiProperty({ type: 'integer', format: 'int64' })
  offset!: number | null;

  timestamp!: Date | null;
}

/** The root cause. */
@ApiSchema({ name: 'DeadLetterError' })
export class DeadLetterErrorResponse {
  type!: string;

  message!: string;

  stack!: string | null;

  code?: string;
}

const ANY_JSON = {
  oneOf: [
    { type: 'string', nullable: true },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array', items: {} },
    { type: 'object', additionalProperties: true },
  ],
};

/** One place of a record that was mended. */
@ApiSchema({ name: 'DeadLetterChange' })
export class DeadLetterChangeResponse {
  /** From `value`, `key` or `headers` on, dotted. */
  path!: string;

  /** What it was; missing where there was nothing. */
  @ApiPropertyOptional(ANY_JSON)
  from?: unknown;

  /** What it is; missing where there is nothing. */
  @ApiPropertyOptional(ANY_JSON)
  to?: unknown;
}

/** What was done to a dead letter. */
@ApiSchema({ name: 'DeadLetterAction' })
export class DeadLetterActionResponse {
  @ApiProperty({ type: 'string', format: 'date-time' })
  at!: Date;

  /**
   * `redriven`: somebody wanted it sent again; `cancelled`: the redrive of many that wanted it was over before it was sent; `skipped`: a
   * redrive of many left it out; `refused`: its record cannot be sent as it is; `closed`: its task was brought back by other means.
   */
  @ApiProperty({ enum: DEAD_LETTER_ACTIONS })
  action!: DeadLetterActionName;

  /** Who; null where nobody did it. */
  by!: string | null;

  /** The redrive of many that it was part of. */
  @ApiProperty({ format: 'uuid' })
  redriveId!: string | null;

  note!: string | null;

  /** Why it was cancelled, skipped, refused or closed. */
  reason!: string | null;

  /** What was mended. */
  @ApiProperty({ type: [DeadLetterChangeResponse] })
  changes!: DeadLetterChangeResponse[] | null;
}

/** A record that could not be processed. */
@ApiSchema({ name: 'DeadLetter' })
export class DeadLetterResponse {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: DEAD_LETTER_STATUSES })
  status!: DeadLetterStatus;

  /** A request on its way to a worker, a worker's answer, or neither. */
  kind!: DeadLetterKind;

  /** The original topic, else the letter's own less `-dlq`. */
  topic!: string;

  original!: RecordOriginResponse;

  @ApiProperty(BYTES)
  key!: TextOrBase64;

  @ApiProperty(BYTES)
  value!: TextOrBase64;

  /** A header that comes twice has an array. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [...BYTES.oneOf, { type: 'array', items: BYTES }] },
  })
  headers!: EncodedHeaders;

  error!: DeadLetterErrorResponse;

  /** How often its processing was tried, where known. */
  @ApiProperty({ type: 'integer' })
  attempts!: number | null;

  /** The consumer group that failed, where known. */
  group!: string | null;

  @ApiProperty({ format: 'uuid' })
  taskId!: string | null;

  /** Letters with the same cause have the same one. */
  fingerprint!: string;

  failedAt!: Date | null;

  receivedAt!: Date;

  redrivenAt!: Date | null;

  redrivenBy!: string | null;

  note!: string | null;

  /** Whether whoever wrote the letter cut its value. */
  truncated!: boolean;

  /** The letter whose redrive this one came of. */
  @ApiProperty({ format: 'uuid' })
  previousId!: string | null;

  /** How often in a row it came to this: 1, and one more than the previous letter's where there is one. */
  @ApiProperty({ type: 'integer' })
  generation!: number;

  /** The redrive of many that it was last part of. */
  @ApiProperty({ format: 'uuid' })
  redriveId!: string | null;

  /** What people did to it, in order. */
  @ApiProperty({ type: [DeadLetterActionResponse] })
  history!: DeadLetterActionResponse[];
}
