import type { DeliveredRecord, RecordBatch } from '../../src/transport/transport.js';

/** Where a batch comes from; the records follow one another from `offset` (0) on. */
export interface BatchPlace {
  group: string;
  topic: string;
  partition?: number;
  offset?: number;
  /** Behind the last record by default. */
  highWatermark?: number;
  /** Of all its records; now by default. */
  timestamp?: number;
}

/** A batch as a transport would hand it out; its records are values or more than that. */
export function recordBatch(
  { group, topic, partition = 0, offset = 0, highWatermark, timestamp = Date.now() }: BatchPlace,
  contents: readonly (string | Partial<DeliveredRecord>)[],
): RecordBatch {
  const records = contents.map((content, index) => ({
    topic,
    partition,
    offset: offset + index,
    timestamp,
    key: null,
    value: null,
    headers: {},
    ...(typeof content === 'string' ? { value: Buffer.from(content) } : content),
  }));
  return { group, topic, partition, highWatermark: highWatermark ?? offset + records.length, records };
}
