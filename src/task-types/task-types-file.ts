import { Ajv2020, type JSONSchemaType } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { Delivery, RetryPolicy, TaskType } from './task-type.js';
import { schemaErrors } from './schema-errors.js';

/** One type as the file has it, with the defaults filled in. */
export interface TaskTypeEntry extends Omit<
  TaskType,
  'name' | 'delivery' | 'payloadErrors' | 'attemptTimeoutSeconds'
> {
  /** Its default depends on whether there is a transport. */
  delivery?: Delivery;
  attemptTimeoutSeconds?: number;
  /** The path of a JSON Schema, relative to the file. */
  payloadSchema?: string;
}

interface TaskTypesFile {
  types: Record<string, TaskTypeEntry>;
}

const TEN_YEARS = 315_360_000;

/** Names that Kafka takes, with room for `-dlq`, which is for the dead letters of the topic before it. */
const topic = { type: 'string', pattern: '^(?!.*-dlq$)(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,245}$' } as const;

const retry: JSONSchemaType<RetryPolicy> = {
  type: 'object',
  additionalProperties: false,
  required: ['backoffSeconds', 'factor', 'maxSeconds'],
  default: {},
  properties: {
    backoffSeconds: { type: 'number', minimum: 0, maximum: TEN_YEARS, default: 5 },
    factor: { type: 'number', minimum: 1, maximum: 100, default: 2 },
    maxSeconds: { type: 'number', minimum: 0, maximum: TEN_YEARS, default: 300 },
  },
};

const entry: JSONSchemaType<TaskTypeEntry> = {
  type: 'object',
  additionalProperties: false,
  // All but three have defaults, which ajv fills in before it looks.
  required: [
    'requestTopic',
    'resultTopic',
    'partitions',
    'maxAttempts',
    'retry',
    'expiresInSeconds',
    'uniqueCorrelation',
  ],
  properties: {
    delivery: { type: 'string', enum: ['topic', 'claim'], nullable: true },
    requestTopic: { ...topic, default: 'topic-task-request' },
    resultTopic: { ...topic, default: 'topic-task-result' },
    partitions: { type: 'integer', minimum: 1, maximum: 10_000, default: 3 },
    maxAttempts: { type: 'integer', minimum: 1, maximum: 1000, default: 3 },
    retry,
    attemptTimeoutSeconds: { type: 'integer', minimum: 1, maximum: TEN_YEARS, nullable: true },
    expiresInSeconds: { type: 'integer', minimum: 1, maximum: TEN_YEARS, default: 604_800 },
    uniqueCorrelation: { type: 'boolean', default: false },
    payloadSchema: { type: 'string', minLength: 1, nullable: true },
  },
};

const file: JSONSchemaType<TaskTypesFile> = {
  type: 'object',
  additionalProperties: false,
  required: ['types'],
  properties: {
    types: {
      type: 'object',
      required: [],
      propertyNames: { pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$' },
      additionalProperties: entry,
    },
  },
};

const validate = new Ajv2020({ useDefaults: true }).compile(file);

/**
 * Reads the text of a task types file.
 *
 * @throws {Error} with one line that names the type and the key.
 */
export function parseTaskTypesFile(text: string): Map<string, TaskTypeEntry> {
  const content: unknown = parse(text, { prettyErrors: false });
  if (validate(content)) return new Map(Object.entries(content.types));
  const [error] = schemaErrors(validate.errors ?? [], '');
  throw new Error(`${error?.path || 'all of it'} ${error?.message ?? 'is wrong'}`);
}
