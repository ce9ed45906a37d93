import {
  IsInt,
  IsISO8601,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';

/** The longest ordering key, correlation id and owner, in characters: they have to fit an index of PostgreSQL. */
export const MAX_KEY_LENGTH = 512;

/** Text that can be a key: neither U+0000 nor half a surrogate pair, which PostgreSQL cannot hold. */
const STORABLE = /^(?:[^\0\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])*$/;

/** Sixty-three years, in seconds: more is a mistake, and would leave the column. */
const MAX_SECONDS = 2_000_000_000;

/** A task to be submitted. */
export class SubmitTaskDto {
  /** What the worker gets; at most 256 KiB as sent. It has no field `taskId`: Taskwire adds that. */
  @IsObject()
  payload!: Record<string, unknown>;

  /** The name of a task type. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  type?: string = 'default';

  /** Tasks of one type with the same key are handed out in the order they were accepted. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(STORABLE, { message: 'orderingKey must not contain U+0000 or lone surrogates' })
  orderingKey?: string;

  /** A business key by which a worker that knows no task id may answer; by default the payload's `fileId`. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(STORABLE, { message: 'correlationId must not contain U+0000 or lone surrogates' })
  correlationId?: string;

  /** When the task becomes due; RFC 3339. Not together with `delaySeconds`. */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(/T.*(Z|[+-]\d\d:\d\d)$/i, { message: 'runAt must be a date and time with an offset (RFC 3339)' })
  runAt?: string;

  /** After how many seconds the task becomes due. */
  @IsOptional()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(MAX_SECONDS)
  delaySeconds?: number;

  /** How many seconds after it is due the task expires; the type's own number by default. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  expiresInSeconds?: number;

  /** How many attempts may be used up; the type's own number by default. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  maxAttempts?: number;

  /** Whose task it is, if not the caller's; for the role `service` only. */
  @IsOptional()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  @Matches(STORABLE, { message: 'owner must not contain U+0000 or lone surrogates' })
  owner?: string;
}
