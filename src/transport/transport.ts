/**
 * The transport port: what carries records between processes.
 *
 * A driver is a partitioned log. Records with the same key go to the same partition; a consumer group keeps one
 * committed position per partition; delivery is at least once and in offset order within a partition. Every driver
 * passes `test/conformance`; the `memory` driver is the executable specification. No type of a driver's library
 * crosses this file.
 */

/** The injection token of the process's one `Transport`. */
export const TRANSPORT = Symbol('Transport');

/** Header values as bytes; a header that came more than once has an array. */
export type RecordHeaders = Record<string, Buffer | Buffer[]>;

/** A record to be written. */
export interface OutgoingRecord {
  topic: string;
  /** Chooses the partition; equal keys keep their order. Without one (`null`) the driver chooses. */
  key: string | Buffer | null;
  /** `null` is a tombstone. */
  value: string | Buffer | null;
  headers?: Record<string, string | Buffer | (string | Buffer)[]>;
}

/**
 * What became of one record:
 *
 * - `durable`: acknowledged by all in-sync replicas.
 * - `refused`: the broker will never take this record as it is (too large, malformed). Told only of a record that was
 *   sent alone, so that one bad record never spoils its neighbours.
 * - `topic-not-writable`: the topic is missing, has no leader, or we may not write to it. Nothing of it was written
 *   after the first record that met this; other topics are not affected. Worth trying again later.
 */
export type PublishResult =
  | { outcome: 'durable' }
  | { outcome: 'refused'; error: Error }
  | { outcome: 'topic-not-writable'; error: Error };

/** A record that was read. */
export interface DeliveredRecord {
  topic: string;
  partition: number;
  /** Offsets are below 2^53. */
  offset: number;
  /** Milliseconds since 1970, as the transport has it. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
}

/** Records of one partition, in offset order, never empty. */
export interface RecordBatch {
  group: string;
  topic: string;
  partition: number;
  /** The offset that the next record written to the partition would get, as known when the batch was read. */
  highWatermark: number;
  records: DeliveredRecord[];
}

/**
 * Resolves: the batch is acknowledged. Throws (or rejects): the same batch, or a longer one that begins with it, comes
 * again after a back-off, and nothing behind it is delivered before. Different partitions are handed out at the same
 * time; one partition never is.
 */
export type BatchHandler = (batch: RecordBatch) => Promise<void>;

export interface SubscribeOptions {
  /** The consumer group. One without a committed position starts at the earliest record. */
  group: string;
  /** Topics that do not exist yet are read from the moment they do. */
  topics: string[];
  /** Also reads every topic whose name this accepts, soon after it exists; its answer is always the same. */
  matching?: (topic: string) => boolean;
}

export interface Subscription {
  /**
   * Whether records can flow right now. `failed` says why not, in a sentence for people; the driver goes on trying to
   * rebuild the consumer by itself, so it may turn `running` again.
   */
  state(): { status: 'starting' | 'running' } | { status: 'failed'; reason: string };
  /** Stops the intake, waits for handlers in flight, commits their positions, leaves the group. Twice is harmless. */
  close(): Promise<void>;
}

export interface TopicSpec {
  name: string;
  /** Used only when the topic has to be made. */
  partitions: number;
}

export interface TopicDescription {
  name: string;
  partitions: number;
}

/** Lag of one group on one topic, in records, summed over its partitions. */
export interface GroupLag {
  group: string;
  topic: string;
  lag: number;
}

export interface TopicAdmin {
  /**
   * Makes the topics that are missing; existing ones are left as they are. Each topic stands alone: the answer names
   * those that could not be made, with the reason. Throws when the transport is unavailable.
   */
  ensure(topics: TopicSpec[]): Promise<{ name: string; error: Error }[]>;
  /** The ones of these topics that exist. */
  describe(names: string[]): Promise<TopicDescription[]>;
  /** All topics that we may see, the transport's own among them. May leave out what was made a moment ago. */
  list(): Promise<TopicDescription[]>;
  /** A group that never committed counts from the earliest record. Topics that do not exist are left out. */
  lag(group: string, topics: string[]): Promise<GroupLag[]>;
}

export interface Transport {
  /**
   * Writes records and resolves with one result for each, in the same order, once all are settled. Throws
   * `TransportUnavailableError` when the transport cannot be reached: then any of the records may or may not have been
   * written, and the caller sends them again (delivery is at least once). Records of one key and call keep their order;
   * concurrent calls for one topic do not overtake each other. Never runs a batch handler.
   */
  publish(records: OutgoingRecord[]): Promise<PublishResult[]>;
  /** Starts reading in the background; resolves at once, also while the transport cannot be reached. */
  subscribe(options: SubscribeOptions, onBatch: BatchHandler): Promise<Subscription>;
  topics: TopicAdmin;
  /** Resolves if the transport answers now, throws otherwise; takes at most a few seconds. */
  check(): Promise<void>;
  /** Drains what is in flight, closes every subscription. Concurrent and repeated calls are harmless. */
  close(): Promise<void>;
}

/** The transport cannot be reached at the moment: nobody's record is at fault, try again later. */
export class TransportUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransportUnavailableError';
  }
}
