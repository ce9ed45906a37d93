import { LOG_LEVELS, ROLES, SASL_MECHANISMS } from './config.js';
import {
  brokers,
  host,
  httpUrl,
  matching,
  oneOf,
  oneOfInAnyCase,
  origins,
  path,
  pemFile,
  postgresUrl,
  publicKey,
  secretText,
  text,
  topicPatterns,
  trueOrFalse,
  urlOrPath,
  wholeNumber,
  type Parser,
} from './parsers.js';

/** One environment variable. The check, `-h` and docs/configuration.md all come from this. */
export interface Setting<Value> {
  /** What it is for, in a sentence without a full stop. */
  readonly about: string;
  /** The roles that use it; `both` stands for `web`, `worker` and `all`. */
  readonly usedBy: 'web' | 'worker' | 'both';
  /** What holds without it, for people. */
  readonly otherwise: string;
  readonly parser: Parser<Value>;
  /** What is parsed without it; `null`: nothing. */
  readonly fallback: string | null;
}

type UsedBy = Setting<unknown>['usedBy'];

/** A setting with a default. */
function withDefault<Value>(usedBy: UsedBy, parser: Parser<Value>, fallback: string, about: string) {
  return { about, usedBy, otherwise: fallback, parser, fallback } satisfies Setting<Value>;
}

/** A setting that may be missing; `otherwise` says what holds then. */
function optional<Value>(usedBy: UsedBy, parser: Parser<Value>, otherwise: string, about: string) {
  return { about, usedBy, otherwise, parser, fallback: null } satisfies Setting<Value>;
}

/** All that the environment can say, in the order in which people read it. */
export const SETTINGS = {
  ROLE: withDefault('both', oneOf(ROLES), 'all', 'What this process does'),
  HOST: withDefault('both', host, '127.0.0.1', 'The address to listen on'),
  PORT: withDefault(
    'both',
    wholeNumber(0, 65535),
    '3000',
    'The port to listen on, 0 for any free one; the role worker serves health and metrics there',
  ),
  CORS_ORIGINS: optional(
    'web',
    origins,
    'none',
    'The origins of pages that may call the API from a browser, separated by commas',
  ),
  AUTH: optional(
    'both',
    oneOf(['none', 'jwt']),
    'none on a loopback address; required on any other',
    'How callers are known; none is accepted on a loopback address only, where the Host and Origin headers are checked',
  ),
  JWT_SECRET: optional('web', secretText, 'none', 'The secret that tokens are signed with by HS256'),
  JWT_PUBLIC_KEY: optional(
    'web',
    publicKey,
    'none',
    'The public key, PEM or the path of a PEM file, of tokens signed by RS256, ES256 or EdDSA',
  ),
  JWT_JWKS: optional(
    'web',
    urlOrPath,
    'none',
    'The URL or the path of a JSON Web Key Set with such keys; it may change at any time',
  ),
  JWT_ISSUER: optional('web', text, 'any issuer', 'What iss has to be in tokens'),
  JWT_AUDIENCE: optional('web', text, 'any audience', 'What aud has to hold in tokens'),
  API_KEYS: optional(
    'web',
    path,
    'no API keys',
    'A JSON file with API keys, an array of {name, sha256, owner, roles}; it may change at any time; needs AUTH=jwt',
  ),
  OWNER_REQUESTS_PER_SECOND: optional(
    'web',
    wholeNumber(1, 1_000_000),
    'no limit',
    'How many requests a second one owner may send to a process; a batch counts as one for each of its tasks',
  ),
  OWNER_OPEN_TASKS: optional(
    'web',
    wholeNumber(1, 1_000_000_000),
    'no limit',
    'How many open tasks one owner may have',
  ),
  OWNER_FOLLOWERS: optional(
    'web',
    wholeNumber(1, 1_000_000),
    'no limit',
    'How many sockets, streams and requests with ?wait= of one owner a process holds',
  ),
  DATABASE_URL: optional(
    'both',
    postgresUrl,
    'an embedded PostgreSQL in the role all; required in others',
    'The PostgreSQL database (version 15 or later) as a postgres:// URL',
  ),
  DATA_DIR: withDefault(
    'both',
    path,
    '.taskwire',
    'The folder of the embedded PostgreSQL, for one process; it is made if it is missing',
  ),
  DATABASE_POOL_SIZE: withDefault(
    'both',
    wholeNumber(2, 1000),
    '10',
    'How many database connections to pool',
  ),
  TRANSPORT: optional(
    'both',
    oneOf(['kafka', 'none']),
    'kafka if KAFKA_BROKERS is set, else none',
    'What carries records to and from compute workers; with none they claim their tasks over HTTP',
  ),
  KAFKA_BROKERS: optional(
    'both',
    brokers,
    'required for kafka',
    'The brokers as host:port, separated by commas',
  ),
  KAFKA_GROUP_PREFIX: withDefault(
    'both',
    matching(/^[a-zA-Z0-9._-]{1,100}$/, '1 to 100 of the characters a-z, A-Z, 0-9, ".", "_" and "-"'),
    'taskwire',
    'What the names of the consumer groups begin with; one per installation',
  ),
  KAFKA_REPLICATION_FACTOR: optional(
    'both',
    wholeNumber(1, 100),
    "the broker's default",
    'The replication factor of the topics that are made',
  ),
  KAFKA_SSL: withDefault('both', trueOrFalse, 'false', 'Whether to speak TLS with the brokers'),
  KAFKA_SSL_CA: optional(
    'both',
    pemFile,
    "the system's",
    'A PEM file with the authorities that the brokers are checked by',
  ),
  KAFKA_SSL_CERT: optional(
    'both',
    pemFile,
    'none',
    'A PEM file with our client certificate; needs KAFKA_SSL_KEY',
  ),
  KAFKA_SSL_KEY: optional('both', pemFile, 'none', 'A PEM file with the key of KAFKA_SSL_CERT'),
  KAFKA_SASL_MECHANISM: optional(
    'both',
    oneOfInAnyCase(SASL_MECHANISMS),
    'no SASL',
    'How to authenticate to the brokers',
  ),
  KAFKA_SASL_USERNAME: optional('both', secretText, 'none', 'The name for SASL'),
  KAFKA_SASL_PASSWORD: optional('both', secretText, 'none', 'The password for SASL'),
  DLQ_TOPICS: optional(
    'worker',
    topicPatterns,
    "the tasks' own",
    'Topics with dead letters of other systems, like orders.DLT,error.*, also those that come into being later',
  ),
  DLQ_LIMIT: optional(
    'worker',
    wholeNumber(1, 1_000_000_000),
    'no limit',
    'How many dead letters one listener of a process may write in a minute; at that many it pauses until they are fewer',
  ),
  TASK_TYPES: optional('both', path, 'only the type default', 'A YAML file with the task types'),
  RETENTION_DAYS: withDefault(
    'worker',
    wholeNumber(1, 36500),
    '30',
    'How many days ended tasks, their events, closed dead letters, redrives and the audit log are kept',
  ),
  SHUTDOWN_SECONDS: withDefault(
    'both',
    wholeNumber(1, 3600),
    '20',
    'How many seconds a stopping process may take for the work in flight',
  ),
  LOG_LEVEL: withDefault('both', oneOf(LOG_LEVELS), 'info', 'The least grave log lines to write'),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    'both',
    httpUrl,
    'tracing is off',
    'The base URL of an OTLP/HTTP collector that takes traces',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** What each setting becomes; those without a default may be `null`. */
export type SettingValues = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends {
    parser: Parser<infer Value>;
    fallback: infer Fallback;
  }
    ? Value | (Fallback extends null ? null : never)
    : never;
};
