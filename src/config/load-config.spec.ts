import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config.js';
import { loadConfig } from './load-config.js';

const MINIMAL = { DATABASE_URL: 'postgres://taskwire@127.0.0.1/taskwire', KAFKA_BROKERS: '127.0.0.1:9092' };

const folder = mkdtempSync(join(tmpdir(), 'taskwire-config-'));
const pem = join(folder, 'ca.pem');
const text = join(folder, 'text.txt');
writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n');
writeFileSync(text, 'not a certificate');
const PEM = '-----BEGIN CERTIFICATE-----\n';

function load(env: NodeJS.ProcessEnv) {
  return loadConfig({ ...MINIMAL, ...env });
}

function failure(env: NodeJS.ProcessEnv): string {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

const TLS = { KAFKA_SSL: 'true' };
const SASL = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'hush' };

describe('loadConfig', () => {
  it('fills in the documented defaults', () => {
    expect(loadConfig(MINIMAL)).toEqual({
      role: 'all',
      http: { host: '127.0.0.1', port: 3000, corsOrigins: [] },
      database: { kind: 'server', url: MINIMAL.DATABASE_URL, poolSize: 10 },
      transport: {
        kind: 'kafka',
        kafka: { brokers: ['127.0.0.1:9092'], ssl: null, sasl: null, replicationFactor: null },
        groupPrefix: 'taskwire',
        deadLetterTopics: [],
      },
      taskTypesPath: null,
      auth: { kind: 'none' },
      limits: { requestsPerSecond: null, openTasks: null, followers: null },
      deadLetterLimit: null,
      retentionDays: 30,
      shutdownSeconds: 20,
      logLevel: 'info',
      tracing: null,
    });
  });

  it.each<[NodeJS.ProcessEnv, object]>([
    [{ ROLE: 'worker' }, { role: 'worker' }],
    [{ HOST: '::1' }, { http: { host: '::1' } }],
    [{ HOST: 'localhost' }, { http: { host: 'localhost' } }],
    [
      { HOST: '127.8.0.1', AUTH: 'none' },
      { http: { host: '127.8.0.1' }, auth: { kind: 'none' } },
    ],
    [{ PORT: '0' }, { http: { port: 0 } }],
    [{ PORT: '65535' }, { http: { port: 65535 } }],
    [
      { CORS_ORIGINS: 'http://a.example, https://b.example:8443' },
      { http: { corsOrigins: ['http://a.example', 'https://b.example:8443'] } },
    ],
    [{ DATABASE_URL: 'postgresql://u:p@h:5433/d' }, { database: { url: 'postgresql://u:p@h:5433/d' } }],
    [{ DATABASE_URL: 'postgres://u@/d?host=/run' }, { database: { url: 'postgres://u@/d?host=/run' } }],
    [{ DATABASE_POOL_SIZE: '50' }, { database: { poolSize: 50 } }],
    [{ DATABASE_URL: '' }, { database: { kind: 'embedded', folder: '.taskwire' } }],
    [{ DATABASE_URL: '', DATA_DIR: '/data' }, { database: { kind: 'embedded', folder: '/data' } }],
    [{ TRANSPORT: 'kafka' }, { transport: { kind: 'kafka' } }],
    [{ TRANSPORT: 'none' }, { transport: { kind: 'none' } }],
    [{ KAFKA_BROKERS: '' }, { transport: { kind: 'none' } }],
    [
      { KAFKA_BROKERS: 'a:1, b.example:9093,[::1]:9094' },
      { transport: { kafka: { brokers: ['a:1', 'b.example:9093', '[::1]:9094'] } } },
    ],
    [{ KAFKA_GROUP_PREFIX: 'staging.2' }, { transport: { groupPrefix: 'staging.2' } }],
    [{ KAFKA_REPLICATION_FACTOR: '3' }, { transport: { kafka: { replicationFactor: 3 } } }],
    [TLS, { transport: { kafka: { ssl: { ca: null, cert: null, key: null } } } }],
    [{ ...TLS, KAFKA_SSL_CA: pem }, { transport: { kafka: { ssl: { ca: PEM, cert: null, key: null } } } }],
    [
      { ...TLS, KAFKA_SSL_CERT: pem, KAFKA_SSL_KEY: pem },
      { transport: { kafka: { ssl: { ca: null, cert: PEM, key: PEM } } } },
    ],
    [SASL, { transport: { kafka: { sasl: { mechanism: 'plain', username: 'me', password: 'hush' } } } }],
    [
      { ...SASL, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256' },
      { transport: { kafka: { sasl: { mechanism: 'scram-sha-256' } } } },
    ],
    [
      { ...SASL, KAFKA_SASL_MECHANISM: 'scram-sha-512' },
      { transport: { kafka: { sasl: { mechanism: 'scram-sha-512' } } } },
    ],
    [{ DLQ_TOPICS: 'orders.DLT, *-dlq' }, { transport: { deadLetterTopics: ['orders.DLT', '*-dlq'] } }],
    [{ TASK_TYPES: './types.yaml' }, { taskTypesPath: './types.yaml' }],
    [{ DLQ_LIMIT: '100' }, { deadLetterLimit: 100 }],
    [{ RETENTION_DAYS: '7' }, { retentionDays: 7 }],
    [{ SHUTDOWN_SECONDS: '5' }, { shutdownSeconds: 5 }],
    [{ LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
      { tracing: { endpoint: 'http://collector:4318' } },
    ],
  ])('takes %j', (env, expected) => {
    expect(load(env)).toMatchObject(expected);
  });

  it.each<[NodeJS.ProcessEnv, string]>([
    [{ ROLE: 'wroker' }, 'ROLE must be one of all, web, worker, not "wroker"'],
    [{ HOST: 'a b' }, 'HOST must be an IP address or a host name, not "a b"'],
    [{ HOST: '300.1.1.1' }, 'HOST must be an IP address or a host name, not "300.1.1.1"'],
    [{ PORT: '65536' }, 'PORT must be a whole number from 0 to 65535, not "65536"'],
    [{ PORT: '-1' }, 'PORT must be a whole number from 0 to 65535, not "-1"'],
    [{ PORT: '3e3' }, 'PORT must be a whole number from 0 to 65535, not "3e3"'],
    [
      { CORS_ORIGINS: '*' },
      'CORS_ORIGINS must be a comma-separated list, each item an origin like https://app.example.org, not "*"',
    ],
    [
      { CORS_ORIGINS: 'https://a.example/' },
      'CORS_ORIGINS must be a comma-separated list, each item an origin like https://app.example.org, not "https://a.example/"',
    ],
    [
      { DATABASE_URL: '', ROLE: 'web' },
      'DATABASE_URL must be set in the role web: the embedded database serves one process',
    ],
    [
      { DATABASE_URL: '', ROLE: 'worker' },
      'DATABASE_URL must be set in the role worker: the embedded database serves one process',
    ],
    [
      { DATABASE_URL: 'mysql://root:hush@h/d' },
      'DATABASE_URL must be a URL like postgres://user@host:5432/database',
    ],
    [
      { DATABASE_URL: 'postgres://root:hush@h:port/d' },
      'DATABASE_URL must be a URL like postgres://user@host:5432/database',
    ],
    [{ DATABASE_POOL_SIZE: '1' }, 'DATABASE_POOL_SIZE must be a whole number from 2 to 1000, not "1"'],
    [
      { DLQ_TOPICS: '/orders.+/' },
      'DLQ_TOPICS must be a comma-separated list, each item the name of a topic, in which * stands for any characters, not "/orders.+/"',
    ],
    [{ DLQ_TOPICS: 'orders.DLT', TRANSPORT: 'none' }, 'DLQ_TOPICS needs TRANSPORT=kafka'],
    [{ TRANSPORT: 'redis' }, 'TRANSPORT must be one of kafka, none, not "redis"'],
    [{ TRANSPORT: 'kafka', KAFKA_BROKERS: '' }, 'KAFKA_BROKERS must be set when TRANSPORT is kafka'],
    [
      { KAFKA_BROKERS: 'kafka' },
      'KAFKA_BROKERS must be a comma-separated list, each item host:port, not "kafka"',
    ],
    [
      { KAFKA_BROKERS: 'a:1,' },
      'KAFKA_BROKERS must be a comma-separated list, each item host:port, not "a:1,"',
    ],
    [
      { KAFKA_BROKERS: 'a:0' },
      'KAFKA_BROKERS must be a comma-separated list, each item host:port, not "a:0"',
    ],
    [
      { KAFKA_BROKERS: '::1:9092' },
      'KAFKA_BROKERS must be a comma-separated list, each item host:port, not "::1:9092"',
    ],
    [
      { KAFKA_GROUP_PREFIX: 'a b' },
      'KAFKA_GROUP_PREFIX must be 1 to 100 of the characters a-z, A-Z, 0-9, ".", "_" and "-", not "a b"',
    ],
    [
      { KAFKA_REPLICATION_FACTOR: '0' },
      'KAFKA_REPLICATION_FACTOR must be a whole number from 1 to 100, not "0"',
    ],
    [{ KAFKA_SSL: 'yes' }, 'KAFKA_SSL must be true or false, not "yes"'],
    [{ KAFKA_SSL_CA: pem }, 'KAFKA_SSL_CA needs KAFKA_SSL=true'],
    [{ ...TLS, KAFKA_SSL_CA: text }, `KAFKA_SSL_CA must be the path of a readable PEM file, not "${text}"`],
    [
      { ...TLS, KAFKA_SSL_CA: '/nowhere.pem' },
      'KAFKA_SSL_CA must be the path of a readable PEM file, not "/nowhere.pem"',
    ],
    [{ ...TLS, KAFKA_SSL_CERT: pem }, 'KAFKA_SSL_CERT needs KAFKA_SSL_KEY'],
    [{ ...TLS, KAFKA_SSL_KEY: pem }, 'KAFKA_SSL_KEY needs KAFKA_SSL_CERT'],
    [
      { ...SASL, KAFKA_SASL_MECHANISM: 'oauth' },
      'KAFKA_SASL_MECHANISM must be one of plain, scram-sha-256, scram-sha-512, not "oauth"',
    ],
    [{ ...SASL, KAFKA_SASL_MECHANISM: '' }, 'KAFKA_SASL_USERNAME needs KAFKA_SASL_MECHANISM'],
    [{ ...SASL, KAFKA_SASL_USERNAME: '' }, 'KAFKA_SASL_USERNAME must be set when KAFKA_SASL_MECHANISM is'],
    [{ ...SASL, KAFKA_SASL_PASSWORD: '' }, 'KAFKA_SASL_PASSWORD must be set when KAFKA_SASL_MECHANISM is'],
    [{ AUTH: 'basic' }, 'AUTH must be one of none, jwt, not "basic"'],
    [{ AUTH: 'jwt' }, 'AUTH=jwt needs one of JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS, or API_KEYS'],
    [{ HOST: '0.0.0.0' }, 'AUTH must be set when HOST is not a loopback address (it is 0.0.0.0)'],
    [
      { HOST: '127.evil.example' },
      'AUTH must be set when HOST is not a loopback address (it is 127.evil.example)',
    ],
    [{ HOST: '0.0.0.0', AUTH: 'none' }, 'AUTH=none is accepted on a loopback address only (HOST is 0.0.0.0)'],
    [{ RETENTION_DAYS: '0' }, 'RETENTION_DAYS must be a whole number from 1 to 36500, not "0"'],
    [{ SHUTDOWN_SECONDS: 'soon' }, 'SHUTDOWN_SECONDS must be a whole number from 1 to 3600, not "soon"'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, not "loud"'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL without credentials',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:hush@c' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL without credentials',
    ],
  ])('refuses %j with one clear line', (env, line) => {
    expect(failure(env)).toBe(line);
    expect(line).not.toContain('hush');
  });

  it('counts an empty variable as unset and ignores unknown ones', () => {
    expect(load({ PORT: '', LOG_LEVEL: '', AUTH: '', TASKWIRE_SOMETHING: 'else' })).toEqual(load({}));
  });

  it('gives an object that nobody can change, however deep', () => {
    const { http, transport } = load(SASL);
    if (transport.kind === 'none') throw new Error('there is no transport');
    expect(Object.isFrozen(transport.kafka.sasl)).toBe(true);
    expect(Object.isFrozen(transport.kafka.brokers)).toBe(true);
    expect(Object.isFrozen(http)).toBe(true);
  });
});
