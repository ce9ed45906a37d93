import { TransportUnavailableError } from '../../transport.js';

/**
 * Whose fault a failed send or look-up is: the record's (the broker will never take it as it is), the topic's (others
 * are not affected; worth trying again later), or the whole transport's.
 */
export type KafkaFault = 'record' | 'topic' | 'transport';

/** Names of the Kafka protocol's error codes. */
const RECORD_ERRORS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

const TOPIC_ERRORS = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
]);

/** What a node says of a partition that it does not lead, not yet or not any more. */
export const NOT_LED_ERRORS: ReadonlySet<string> = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

/** Classifies what kafkajs threw. What it does not know is the transport's: no record is given up for a guess. */
export function kafkaFaultOf(error: unknown): KafkaFault {
  const type = protocolErrorOf(error);
  if (type !== null && RECORD_ERRORS.has(type)) return 'record';
  return type !== null && TOPIC_ERRORS.has(type) ? 'topic' : 'transport';
}

/** The name of the Kafka protocol error inside what kafkajs threw, or null: it wraps them, up to three deep. */
export function protocolErrorOf(error: unknown): string | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if ('type' in inner && typeof inner.type === 'string') return inner.type;
  }
  return null;
}

/** What the port promises to throw. */
export function unavailable(cause: unknown): TransportUnavailableError {
  if (cause instanceof TransportUnavailableError) return cause;
  return new TransportUnavailableError(`Kafka cannot be reached: ${messageOf(cause)}`, { cause });
}

/** Nest's filters throw plain objects with a message. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const hasMessage = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
  return new Error(String(hasMessage ? thrown.message : thrown));
}

export function messageOf(thrown: unknown): string {
  return asError(thrown).message;
}
