import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { advance, partitionName, type ConsumedRecord, type Position } from './positions.js';

const PARTITIONS = `json_to_recordset($1::json) AS n("group" text, topic text, partition integer)`;

const LOCK = `
  SELECT p."group", p.topic, p.partition, p.position, p.newest_at AS "newestAt"
  FROM consumer_positions AS p JOIN ${PARTITIONS} USING ("group", topic, partition)
  ORDER BY p."group", p.topic, p.partition FOR UPDATE OF p`;

const CREATE = `
  INSERT INTO consumer_positions ("group", topic, partition, position, newest_at)
  SELECT "group", topic, partition, 0, to_timestamp(0) FROM ${PARTITIONS}
  ORDER BY "group", topic, partition
  ON CONFLICT DO NOTHING`;

const MOVE = `
  UPDATE consumer_positions AS p SET position = n.position, newest_at = n."newestAt"
  FROM json_to_recordset($1::json) AS n(
    "group" text, topic text, partition integer, position bigint, "newestAt" timestamptz)
  WHERE p."group" = n."group" AND p.topic = n.topic AND p.partition = n.partition`;

/** The positions that make the effect of a record happen once. */
@Injectable()
export class PositionRepository {
  /** Where each partition's position stood when this process last saw it. */
  private readonly seen = new Map<string, number>();

  /**
   * Locks the positions of the records' partitions, always in the same order, and answers with the records that count and
   * the positions behind them. What the records bring about and `move` have to be written in the same transaction.
   *
   * @throws Error if a batch may be an old one: nobody's fault, and when it is read again it is clear
   */
  async lock(
    manager: EntityManager,
    records: readonly ConsumedRecord[],
  ): Promise<{ fresh: ConsumedRecord[]; moved: Position[] }> {
    const byPartition = new Map<string, ConsumedRecord[]>();
    for (const record of records) {
      const known = byPartition.get(record.partitionName);
      if (known) known.push(record);
      else byPartition.set(record.partitionName, [record]);
    }
    const moved: Position[] = [];
    const fresh = new Set<ConsumedRecord>();
    for (const before of await this.lockAll(manager, byPartition)) {
      const name = partitionName(before);
      const advanced = advance(before, byPartition.get(name) ?? [], this.seen.get(name));
      this.seen.set(name, before.position);
      if (advanced === 'unclear')
        throw new Error(`partition ${name} ended before ${before.position} when the batch was read`);
      if (advanced.fresh.length === 0) continue;
      moved.push(advanced.after);
      for (const record of advanced.fresh) fresh.add(record);
    }
    return { fresh: records.filter((record) => fresh.has(record)), moved };
  }

  /** Writes positions that are locked. */
  async move(manager: EntityManager, moved: readonly Position[]): Promise<void> {
    if (moved.length > 0) await manager.query(MOVE, [JSON.stringify(moved)]);
  }

  private async lockAll(
    manager: EntityManager,
    byPartition: ReadonlyMap<string, ConsumedRecord[]>,
  ): Promise<Position[]> {
    const partitions = [...byPartition.values()].flatMap(([first]) =>
      first ? [{ group: first.group, topic: first.topic, partition: first.partition }] : [],
    );
    const parameters = [JSON.stringify(partitions)];
    const known: Position[] = await manager.query(LOCK, parameters);
    if (known.length === partitions.length) return known;
    await manager.query(CREATE, parameters);
    return manager.query(LOCK, parameters);
  }
}
