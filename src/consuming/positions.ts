import type { DeliveredRecord, RecordBatch } from '../transport/transport.js';

/** A record on its way through the pipeline, with what its batch knew. */
export interface ConsumedRecord extends DeliveredRecord {
  group: string;
  /** Of the partition, for this group: see `partitionName`. */
  partitionName: string;
  highWatermark: number;
  /** Its whole batch, of which this is one: what offsets and times tell of the topic holds for each part of it. Not to be printed. */
  batch: readonly Pick<DeliveredRecord, 'offset' | 'timestamp'>[];
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

/** What a position makes of records. `unclear`: the batch may be an old one; it has to be read again to tell. */
export type Advance = { after: Position; fresh: ConsumedRecord[] } | 'unclear';

/** The end of the year 9999, in milliseconds since 1970. */
const LATEST = Date.UTC(10_000, 0) - 1;

/**
 * The records of batches, each with what its batch knew. Producers may write any time into a record; one that the
 * database could not hold is moved to where it can.
 */
export function consumedRecords(batches: readonly RecordBatch[]): ConsumedRecord[] {
  return batches.flatMap((delivered) => {
    const { group, highWatermark } = delivered;
    const name = partitionName(delivered);
    const batch: ConsumedRecord[] = [];
    for (const { topic, partition, offset, timestamp, key, value, headers } of delivered.records) {
      // Member by member: a copy of all that is there takes V8 a hundred times as long.
      batch.push({
        topic,
        partition,
        offset,
        timestamp: Math.min(Math.max(timestamp, 0), LATEST),
        key,
        value,
        headers,
        group,
        partitionName: name,
        highWatermark,
        batch,
      });
    }
    return batch;
  });
}

/** One name for a partition and the group that reads it. */
export function partitionName({ group, topic, partition }: Omit<Position, 'position' | 'newestAt'>): string {
  return JSON.stringify([group, topic, partition]);
}

/**
 * Moves a position over records of its partition, in order, and tells which of them count. Those below the position
 * have been applied before, unless the topic was made anew: a record below it is younger than all that were seen, or
 * the high watermark is below it. The latter is also what a process finds that was frozen with its batch while another
 * one went on, so it counts only if this process had seen this very position before it read the batch.
 *
 * @param seen the position as this process last saw it, if ever
 */
export function advance(
  before: Position,
  records: readonly ConsumedRecord[],
  seen: number | undefined,
): Advance {
  const { position, newestAt } = before;
  const younger = records[0]?.batch.some(
    ({ offset, timestamp }) => offset < position && timestamp > newestAt.getTime(),
  );
  const shrunk = records.some(({ highWatermark }) => highWatermark < position);
  if (shrunk && !younger && seen !== position) return 'unclear';
  return shrunk || younger
    ? over({ ...before, position: records[0]?.offset ?? 0, newestAt: new Date(0) }, records)
    : over(before, records);
}

/** The records at or above the position, each offset once, and the position behind them. */
function over(
  start: Position,
  records: readonly ConsumedRecord[],
): { after: Position; fresh: ConsumedRecord[] } {
  const fresh: ConsumedRecord[] = [];
  let { position } = start;
  let newest = start.newestAt.getTime();
  for (const record of records) {
    if (record.offset < position) continue;
    fresh.push(record);
    position = record.offset + 1;
    newest = Math.max(newest, record.timestamp);
  }
  return { after: { ...start, position, newestAt: new Date(newest) }, fresh };
}
