import type { DeliveredRecord, RecordBatch } from '../transport/transport.js';

/** A record on its way through the pipeline, with what its batch knew. */
export interface ConsumedRecord extends DeliveredRecord {
  group: string;
  highWatermark: number;
}

/** How far a group has come on one partition. */
export interface Position {
  group: string;
  topic: string;
  partition: number;
  /** The offset of the next record that counts. */
  position: number;
  /** The transport's time of the youngest record seen. */
  newestAt: Date;
}

/** The records of batches, each with what its batch knew. */
export function consumedRecords(batches: readonly RecordBatch[]): ConsumedRecord[] {
  return batches.flatMap(({ group, highWatermark, records }) =>
    records.map((record) => ({ ...record, group, highWatermark })),
  );
}

export function partitionName({ group, topic, partition }: Omit<Position, 'position' | 'newestAt'>): string {
  return JSON.stringify([group, topic, partition]);
}

/**
 * Moves a position over records of its partition, and tells which of them count. Those below the position have been
 * applied before, unless the topic was made anew: then the high watermark is below the position, or a record below it is
 * younger than all that were seen, and everything counts.
 */
export function advance(
  before: Position,
  records: readonly ConsumedRecord[],
): { after: Position; fresh: ConsumedRecord[] } {
  const newest = before.newestAt.getTime();
  const madeAnew = records.some(
    ({ offset, timestamp, highWatermark }) =>
      highWatermark < before.position || (offset < before.position && timestamp > newest),
  );
  const fresh = madeAnew ? [...records] : records.filter(({ offset }) => offset >= before.position);
  const last = fresh.at(-1);
  if (last === undefined) return { after: before, fresh };
  const youngest = Math.max(...fresh.map(({ timestamp }) => timestamp));
  const newestAt = new Date(madeAnew ? youngest : Math.max(newest, youngest));
  return { after: { ...before, position: last.offset + 1, newestAt }, fresh };
}
