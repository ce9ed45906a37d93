import { Kafka, logLevel, type LogEntry, type RetryOptions, type SASLOptions } from 'kafkajs';
import type { TransportLog } from '../../transport-log.js';
import type { KafkaTransportOptions } from './kafka-options.js';

/** Makes kafkajs clients that fail within seconds; the transport tries again by itself, and says so meanwhile. */
export type KafkaClientFactory = () => Kafka;

/**
 * A factory, not one client: kafkajs shares the committed offsets of a group between all consumers of a client, so
 * each consumer needs a client of its own.
 */
export function kafkaClientFactory(options: KafkaTransportOptions, log: TransportLog): KafkaClientFactory {
  return () =>
    new Kafka({
      brokers: options.brokers,
      clientId: options.clientId,
      ssl: options.ssl,
      sasl: saslOptions(options),
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      // A try for each broker in the list before a connection counts as failed.
      retry: quickRetries(options.brokers.length),
      logLevel: logLevel.INFO,
      logCreator: () => (entry) => {
        forward(entry, log);
      },
    });
}

/** Few and short waits. All fields are set, because kafkajs has other defaults while NODE_ENV is `test`. */
export function quickRetries(retries: number): RetryOptions {
  return { retries, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 };
}

function saslOptions({ sasl }: KafkaTransportOptions): SASLOptions | undefined {
  if (!sasl) return undefined;
  const { mechanism, username, password } = sasl;
  // kafkajs wants a union with the mechanism as a literal.
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}

/** For who looks closely only: kafkajs cries "error" at what it tries again; what matters in the end, we report. */
function forward(entry: LogEntry, log: TransportLog): void {
  const { message, error, broker, groupId, topic } = entry.log;
  log('debug', `kafkajs: ${message}`, { component: entry.namespace, error, broker, groupId, topic });
}
