import { Injectable } from '@nestjs/common';
import { DataSource, And, In, LessThan, MoreThan, type EntityManager } from 'typeorm';
import { storableText } from '../json/storable-text.js';
import { DeadLetter } from './dead-letter.entity.js';
import type { DeadLettersQuery } from './dead-letters.query.js';
import { fingerprint } from './fingerprint.js';
import type { NewDeadLetter } from './letter.js';
import { encodeHeaders } from './text-or-base64.js';

const INSERT = `
  INSERT INTO dead_letters (
    id, identity, status, kind, topic, original_topic, original_partition, original_offset, original_timestamp,
    key, value, headers, error_type, error_message, error_stack, error_code, attempts, "group", task_id, fingerprint,
    failed_at, received_at, truncated, copy_due_at)
  SELECT id, decode(identity, 'hex'), 'open', kind, topic, original_topic, original_partition, original_offset,
    original_timestamp, decode(key, 'base64'), decode(value, 'base64'), headers::json, error_type, error_message,
    error_stack, error_code, attempts, "group", task_id, fingerprint, coalesce(failed_at, now()), now(), truncated,
    CASE WHEN copy THEN now() END
  FROM json_to_recordset($1::json) AS l(
    id uuid, identity text, kind text, topic text, original_topic text, original_partition integer,
    original_offset bigint, original_timestamp timestamptz, key text, value text, headers text, error_type text,
    error_message text, error_stack text, error_code text, attempts integer, "group" text, task_id uuid,
    fingerprint text, failed_at timestamptz, truncated boolean, copy boolean)
  ON CONFLICT (identity) DO NOTHING`;

const TAKE_FOR_COPY = `
  UPDATE dead_letters SET copy_due_at = now() + make_interval(secs => $2)
  WHERE id IN (
    SELECT id FROM dead_letters WHERE copy_due_at <= now() ORDER BY copy_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING id`;

/** The SQL of the dead letter table. */
@Injectable()
export class DeadLetterRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Writes letters; a failure that is on record already makes no second row. */
  async insert(manager: EntityManager, letters: readonly NewDeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    await manager.query(INSERT, [JSON.stringify(letters.map(rowOf))]);
  }

  /** One letter, or null. */
  find(id: string): Promise<DeadLetter | null> {
    return this.dataSource.getRepository(DeadLetter).findOneBy({ id });
  }

  /** Letters in falling order of their ids, below `before`; one more than asked for where there is more. */
  list(query: DeadLettersQuery, before: string | null): Promise<DeadLetter[]> {
    const { topic, status, errorType, taskId, fingerprint: cause, failedAfter, failedBefore } = query;
    const failedAt = [
      ...(failedAfter === undefined ? [] : [MoreThan(new Date(failedAfter))]),
      ...(failedBefore === undefined ? [] : [LessThan(new Date(failedBefore))]),
    ];
    return this.dataSource.getRepository(DeadLetter).find({
      where: {
        ...(topic !== undefined && { topic }),
        ...(status !== undefined && { status }),
        ...(errorType !== undefined && { errorType }),
        ...(taskId !== undefined && { taskId }),
        ...(cause !== undefined && { fingerprint: cause }),
        ...(failedAt.length > 0 && { failedAt: And(...failedAt) }),
        ...(before !== null && { id: LessThan(before) }),
      },
      order: { id: 'DESC' },
      take: query.limit + 1,
    });
  }

  /** Takes letters whose copy is due, for `seconds`. */
  async takeForCopy(limit: number, seconds: number): Promise<DeadLetter[]> {
    const [taken]: [{ id: string }[], number] = await this.dataSource.query(TAKE_FOR_COPY, [limit, seconds]);
    if (taken.length === 0) return [];
    return this.dataSource.getRepository(DeadLetter).findBy({ id: In(taken.map(({ id }) => id)) });
  }

  /** Notes that the copies of these letters need no more trying. */
  async markCopied(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await this.dataSource.query('UPDATE dead_letters SET copy_due_at = NULL WHERE id = ANY($1::uuid[])', [
        ids,
      ]);
    }
  }

  /** Marks the open letters of a task that a person has retried. */
  async markRedriven(manager: EntityManager, taskId: string, by: string): Promise<void> {
    await manager.query(
      `UPDATE dead_letters SET status = 'redriven', redriven_at = now(), redriven_by = $2
       WHERE task_id = $1 AND status = 'open'`,
      [taskId, by],
    );
  }
}

function rowOf(letter: NewDeadLetter): Record<string, unknown> {
  const { original, error } = letter;
  return {
    id: letter.id,
    identity: letter.identity.toString('hex'),
    kind: letter.kind,
    topic: letter.topic,
    original_topic: original.topic,
    original_partition: original.partition,
    original_offset: original.offset,
    original_timestamp: original.timestamp,
    key: letter.key?.toString('base64') ?? null,
    value: letter.value?.toString('base64') ?? null,
    headers: JSON.stringify(encodeHeaders(letter.headers)),
    error_type: storableText(error.type),
    error_message: storableText(error.message),
    error_stack: error.stack === undefined ? null : storableText(error.stack),
    error_code: error.code === undefined ? null : storableText(error.code),
    attempts: letter.attempts,
    group: letter.group === null ? null : storableText(letter.group),
    task_id: letter.taskId,
    fingerprint: fingerprint(letter.topic, error),
    failed_at: letter.failedAt,
    truncated: letter.truncated,
    copy: letter.copy,
  };
}
