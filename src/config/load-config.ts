import { isIPv4 } from 'node:net';
import {
  ConfigError,
  type AuthConfig,
  type Config,
  type DatabaseConfig,
  type KafkaConfig,
  type KafkaSasl,
  type KafkaSsl,
  type TransportConfig,
} from './config.js';
import { SETTINGS, type Setting, type SettingName, type SettingValues } from './settings.js';

/**
 * Checks the environment and makes the configuration of it. An empty variable counts as unset; unknown ones are ignored.
 *
 * @throws {ConfigError} one line that names the variable.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const values = readSettings(env);
  return deepFreeze({
    role: values.ROLE,
    http: { host: values.HOST, port: values.PORT, corsOrigins: values.CORS_ORIGINS ?? [] },
    database: database(values),
    transport: transport(values),
    taskTypesPath: values.TASK_TYPES,
    auth: auth(values),
    limits: {
      requestsPerSecond: values.OWNER_REQUESTS_PER_SECOND,
      openTasks: values.OWNER_OPEN_TASKS,
      followers: values.OWNER_FOLLOWERS,
    },
    deadLetterLimit: values.DLQ_LIMIT,
    retentionDays: values.RETENTION_DAYS,
    shutdownSeconds: values.SHUTDOWN_SECONDS,
    logLevel: values.LOG_LEVEL,
    tracing:
      values.OTEL_EXPORTER_OTLP_ENDPOINT === null ? null : { endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT },
  });
}

/** Whether only this machine can reach the address: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.toLowerCase() === 'localhost' || (isIPv4(host) && host.startsWith('127.'));
}

function readSettings(env: NodeJS.ProcessEnv): SettingValues {
  const entries = Object.entries(SETTINGS).map(([name, setting]) => [
    name,
    readSetting(name, setting, env[name]),
  ]);
  return Object.fromEntries(entries) as SettingValues;
}

function readSetting(name: string, setting: Setting<unknown>, given: string | undefined): unknown {
  const text = given === undefined || given === '' ? setting.fallback : given;
  if (text === null) return null;
  const value = setting.parser.parse(text);
  if (value !== undefined) return value;
  const shown = setting.parser.secret ? '' : `, not ${JSON.stringify(text)}`;
  throw new ConfigError(`${name} must be ${setting.parser.accepts}${shown}`);
}

function database({ ROLE, DATABASE_URL, DATABASE_POOL_SIZE, DATA_DIR }: SettingValues): DatabaseConfig {
  if (DATABASE_URL !== null) return { kind: 'server', url: DATABASE_URL, poolSize: DATABASE_POOL_SIZE };
  if (ROLE === 'all') return { kind: 'embedded', folder: DATA_DIR };
  throw new ConfigError(
    `DATABASE_URL must be set in the role ${ROLE}: the embedded database serves one process`,
  );
}

function auth(values: SettingValues): AuthConfig {
  const { AUTH, HOST } = values;
  if (AUTH === 'jwt') return jwt(values);
  if (AUTH === null && !isLoopback(HOST))
    throw new ConfigError(`AUTH must be set when HOST is not a loopback address (it is ${HOST})`);
  if (!isLoopback(HOST))
    throw new ConfigError(`AUTH=none is accepted on a loopback address only (HOST is ${HOST})`);
  refuseWithout('AUTH=jwt', values, [...JWT_KEYS, 'JWT_ISSUER', 'JWT_AUDIENCE', 'API_KEYS']);
  return { kind: 'none' };
}

const JWT_KEYS = ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_JWKS'] as const;

function jwt(values: SettingValues): AuthConfig {
  const [one, other] = JWT_KEYS.filter((name) => values[name] !== null);
  if (other !== undefined) throw new ConfigError(`${other} must not be set together with ${String(one)}`);
  // A worker has callers for health and metrics only, and need not know the keys.
  if (one === undefined && values.API_KEYS === null && values.ROLE !== 'worker')
    throw new ConfigError(`AUTH=jwt needs one of ${JWT_KEYS.join(', ')}, or API_KEYS`);
  if (one === undefined) refuseWithout(JWT_KEYS.join(' or '), values, ['JWT_ISSUER', 'JWT_AUDIENCE']);
  return {
    kind: 'jwt',
    secret: values.JWT_SECRET,
    publicKey: values.JWT_PUBLIC_KEY,
    jwks: values.JWT_JWKS,
    issuer: values.JWT_ISSUER,
    audience: values.JWT_AUDIENCE,
    apiKeysPath: values.API_KEYS,
  };
}

function transport(values: SettingValues): TransportConfig {
  const kind = values.TRANSPORT ?? (values.KAFKA_BROKERS === null ? 'none' : 'kafka');
  if (kind === 'none') {
    refuseWithout('TRANSPORT=kafka', values, ['DLQ_TOPICS']);
    return { kind };
  }
  const { KAFKA_GROUP_PREFIX: groupPrefix, DLQ_TOPICS: deadLetterTopics } = values;
  return { kind, kafka: kafka(values), groupPrefix, deadLetterTopics: deadLetterTopics ?? [] };
}

function kafka(values: SettingValues): KafkaConfig {
  if (values.KAFKA_BROKERS === null)
    throw new ConfigError('KAFKA_BROKERS must be set when TRANSPORT is kafka');
  return {
    brokers: values.KAFKA_BROKERS,
    ssl: ssl(values),
    sasl: sasl(values),
    replicationFactor: values.KAFKA_REPLICATION_FACTOR,
  };
}

function ssl(values: SettingValues): KafkaSsl | null {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = values;
  if (!values.KAFKA_SSL) {
    refuseWithout('KAFKA_SSL=true', values, ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY']);
    return null;
  }
  if (key === null) refuseWithout('KAFKA_SSL_KEY', values, ['KAFKA_SSL_CERT']);
  if (cert === null) refuseWithout('KAFKA_SSL_CERT', values, ['KAFKA_SSL_KEY']);
  return { ca, cert, key };
}

function sasl(values: SettingValues): KafkaSasl | null {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = values;
  if (mechanism === null) {
    refuseWithout('KAFKA_SASL_MECHANISM', values, ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']);
    return null;
  }
  if (username === null)
    throw new ConfigError('KAFKA_SASL_USERNAME must be set when KAFKA_SASL_MECHANISM is');
  if (password === null)
    throw new ConfigError('KAFKA_SASL_PASSWORD must be set when KAFKA_SASL_MECHANISM is');
  return { mechanism, username, password };
}

/** A setting that would silently do nothing is a mistake of whoever set it. */
function refuseWithout(needed: string, values: SettingValues, names: readonly SettingName[]): void {
  const useless = names.find((name) => values[name] !== null);
  if (useless !== undefined) throw new ConfigError(`${useless} needs ${needed}`);
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value) as unknown[]) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
