/** What a process does: `web` serves clients, `worker` listens, relays and keeps time, `all` does both. */
export const ROLES = ['all', 'web', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** From the gravest to the most talkative. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** How to speak TLS with the brokers, in PEM texts. */
export interface KafkaSsl {
  /** `null`: the system's authorities. */
  readonly ca: string | null;
  /** Our certificate and its key: both or neither. */
  readonly cert: string | null;
  readonly key: string | null;
}

/** Who we are to the brokers. */
export interface KafkaSasl {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: string;
}

export interface KafkaConfig {
  /** `host:port` each, at least one. */
  readonly brokers: readonly string[];
  /** `null`: no TLS. */
  readonly ssl: KafkaSsl | null;
  /** `null`: no authentication. */
  readonly sasl: KafkaSasl | null;
  /** Of the topics that we make; `null` leaves it to the broker. */
  readonly replicationFactor: number | null;
}

/** How the tokens of callers are checked; at most one of the three kinds of keys is there. */
export interface JwtConfig {
  /** For HS256. */
  readonly secret: string | null;
  /** A PEM text, for RS256, ES256 or EdDSA. */
  readonly publicKey: string | null;
  /** The URL or the path of a JSON Web Key Set, for the same. */
  readonly jwks: string | null;
  /** What `iss` has to be; `null`: anything. */
  readonly issuer: string | null;
  /** What `aud` has to hold; `null`: anything. */
  readonly audience: string | null;
}

/** How callers are known. `none`: everybody is `local` and may do everything. */
export type AuthConfig =
  | { readonly kind: 'none' }
  | (JwtConfig & {
      readonly kind: 'jwt';
      /** The path of the file of API keys; `null`: there are none. */
      readonly apiKeysPath: string | null;
    });

/** Records travel through Kafka. */
export interface KafkaTransportConfig {
  readonly kind: 'kafka';
  readonly kafka: KafkaConfig;
  /** What the names of our consumer groups begin with. */
  readonly groupPrefix: string;
  /** Names of topics that are read for dead letters beside the tasks' own; `*` in them stands for any characters. */
  readonly deadLetterTopics: readonly string[];
}

/** What carries records; with `none`, compute workers claim their tasks over HTTP. */
export type TransportConfig = KafkaTransportConfig | { readonly kind: 'none' };

/** What one owner may have or do at a time; `null`: as much as there is. */
export interface Limits {
  /** Of one process, a burst of as many at once included. */
  readonly requestsPerSecond: number | null;
  /** Of the installation. */
  readonly openTasks: number | null;
  /** Sockets, streams and requests that wait, of one process. */
  readonly followers: number | null;
}

/** Where the data lies: with a PostgreSQL server, or in a folder of the PostgreSQL inside the process. */
export type DatabaseConfig =
  | { readonly kind: 'server'; readonly url: string; readonly poolSize: number }
  | { readonly kind: 'embedded'; readonly folder: string };

/** Where to send traces. */
export interface TracingConfig {
  /** The base URL of an OTLP/HTTP collector. */
  readonly endpoint: string;
}

/** Everything that the environment decides, checked and deeply frozen. It holds secrets: never log it whole. */
export interface Config {
  readonly role: Role;
  readonly http: {
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
    /** Origins of pages, other than our own, that may call us. */
    readonly corsOrigins: readonly string[];
  };
  readonly database: DatabaseConfig;
  readonly transport: TransportConfig;
  /** `null`: only the built-in type `default`. */
  readonly taskTypesPath: string | null;
  readonly auth: AuthConfig;
  readonly limits: Limits;
  /** How many dead letters one listener may write in a minute; `null`: as many as there are. */
  readonly deadLetterLimit: number | null;
  readonly retentionDays: number;
  readonly shutdownSeconds: number;
  readonly logLevel: LogLevel;
  /** `null`: tracing is off. */
  readonly tracing: TracingConfig | null;
}

/** A setting is wrong. The message is one line for people, names the variable, and never shows a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
