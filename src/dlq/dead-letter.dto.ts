import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { DEAD_LETTER_STATUSES, type DeadLetterKind, type DeadLetterStatus } from './dead-letter.entity.js';
import type { EncodedHeaders, TextOrBase64 } from '../json/text-or-base64.js';

/** Bytes: their text, null for none, or base64 where they are not UTF-8. */
const BYTES = {
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
}
