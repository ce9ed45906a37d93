import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { blamingRecords } from '../database/fault.js';
import { UNPREPARED } from '../database/preparing-client.js';
import { storableText } from '../json/storable-text.js';
import { DeadLetter } from './dead-letter.entity.js';
import type { DeadLettersQuery } from './dead-letters.query.js';
import { fingerprint } from './fingerprint.js';
import { REDRIVE_HEADER } from './decode/own-header.js';
import { letterConditions } from './letter-conditions.js';
import { LetterHistory } from './letter-history.js';
import type { NewDeadLetter } from './letter.js';
import { headerText } from '../results/decode-header.js';
import { encodeHeaders } from '../json/text-or-base64.js';

/**
 * A letter is linked with the one that was sent, or brought its task back, last; not with one that was closed beside that. In the
 * order of the identities, so that who writes the same letters at the same time waits and is not in a deadlock.
 */
const INSERT = `
  INSERT INTO dead_letters (
    id, identity, status, kind, topic, original_topic, original_partition, original_offset, original_timestamp,
    key, value, headers, error_type, error_message, error_stack, error_code, attempts, "group", task_id, fingerprint,
    failed_at, received_at, truncated, copy_due_at, previous_id, generation, came_back_from)
  SELECT l.id, decode(identity, 'hex'), 'open', kind, topic, original_topic, original_partition, original_offset,
    original_timestamp, decode(key, 'base64'), decode(value, 'base64'), headers::json, error_type, error_message,
    error_stack, error_code, attempts, "group", task_id, fingerprint, coalesce(failed_at, now()), now(), truncated,
    CASE WHEN copy THEN now() END, previous.id, coalesce(previous.generation, 0) + 1, previous.redrive_id
  FROM json_to_recordset($1::json) AS l(
    id uuid, identity text, kind text, topic text, original_topic text, original_partition integer,
    original_offset bigint, original_timestamp timestamptz, key text, value text, headers text, error_type text,
    error_message text, error_stack text, error_code text, attempts integer, "group" text, task_id uuid,
    fingerprint text, failed_at timestamptz, truncated boolean, copy boolean, redrive_of uuid)
  LEFT JOIN LATERAL (
    SELECT p.id, p.generation, p.redrive_id FROM dead_letters AS p
    WHERE p.id = l.redrive_of
      OR l.redrive_of IS NULL AND l.kind = 'request' AND p.task_id = l.task_id AND p.kind = 'request' AND p.status = 'redriven'
    ORDER BY p.redriven_at DESC,
      EXISTS (SELECT FROM dead_letter_actions AS a WHERE a.dead_letter_id = p.id AND a.action = 'closed'), p.id DESC
    LIMIT 1
  ) AS previous ON true
  ORDER BY l.identity
  ON CONFLICT (identity) DO NOTHING
  RETURNING id`;

const TAKE_FOR_COPY = `
  UPDATE dead_letters SET copy_due_at = now() + make_interval(secs => $2)
  WHERE id IN (
    SELECT id FROM dead_letters WHERE copy_due_at <= now() AND topic || '-dlq' <> ALL($3)
    ORDER BY copy_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING id`;

/** What a letter's headers take up in memory; unlike other columns they have to be read to be measured. */
export const HEADER_BYTES = 'octet_length(headers::text)';

/** What a letter takes up in memory, about. */
export const LETTER_BYTES = `
  coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) + ${HEADER_BYTES}
  + octet_length(error_message) + coalesce(octet_length(error_stack), 0)`;

/** A letter of a list, before its contents are read. */
export interface LetterSize {
  id: string;
  bytes: number;
}

/** The SQL of the dead letter table. */
@Injectable()
export class DeadLetterRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly history: LetterHistory,
  ) {}

  /** Writes letters and gives the ids of those that were written: a failure on record makes no second row. */
  async insert(manager: EntityManager, letters: readonly NewDeadLetter[]): Promise<Set<string>> {
    if (letters.length === 0) return new Set();
    const rows = blamingRecords(() => letters.map(rowOf));
    const written: { id: string }[] = await manager.query(INSERT, [JSON.stringify(rows)]);
    return new Set(written.map(({ id }) => id));
  }

  /** One letter, or null. */
  find(id: string): Promise<DeadLetter | null> {
    return this.dataSource.getRepository(DeadLetter).findOneBy({ id });
  }

  /** Letters in falling order of their ids, below `before`, without their contents. */
  async list(query: DeadLettersQuery, before: string | null, limit: number): Promise<LetterSize[]> {
    const parameters: unknown[] = [];
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = [letterConditions(query, bind)];
    if (before !== null) conditions.push(`id < ${bind(before)}`);
    return this.dataSource.query(
      `${UNPREPARED}SELECT id, ${LETTER_BYTES} AS bytes FROM dead_letters WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ${bind(limit)}`,
      parameters,
    );
  }

  /** Those of these letters that (still) exist, oldest first. */
  load(ids: readonly string[]): Promise<DeadLetter[]> {
    return this.dataSource
      .getRepository(DeadLetter)
      .find({ where: { id: In([...ids]) }, order: { id: 'ASC' } });
  }

  /** Takes letters whose copy is due, for `seconds`. */
  async takeForCopy(limit: number, seconds: number, heldBack: readonly string[]): Promise<DeadLetter[]> {
    const [taken]: [{ id: string }[], number] = await this.dataSource.query(TAKE_FOR_COPY, [
      limit,
      seconds,
      heldBack,
    ]);
    return taken.length === 0 ? [] : this.load(taken.map(({ id }) => id));
  }

  /** Notes that the copies of these letters need no more trying. */
  async markCopied(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await this.dataSource.query('UPDATE dead_letters SET copy_due_at = NULL WHERE id = ANY($1::uuid[])', [
        ids,
      ]);
    }
  }

  /** Marks the open letters of tasks that a person has brought back; not those whose own records are on their way. */
  async markRedriven(manager: EntityManager, taskIds: readonly string[], by: string): Promise<void> {
    const [closed]: [{ id: string }[], number] = await manager.query(
      `UPDATE dead_letters SET status = 'redriven', redriven_at = now(), redriven_by = $2
       WHERE task_id = ANY($1::uuid[]) AND status = 'open' AND redrive_due_at IS NULL
       RETURNING id`,
      [taskIds, by],
    );
    await this.history.add(
      manager,
      closed.map(({ id: deadLetterId }) => {
        return { deadLetterId, action: 'closed', by, redriveId: null, reason: 'task_retried' };
      }),
    );
  }
}

/** The letter whose redrive sent this one's record; that of a task is found by its task. */
function redriveOf({ headers }: NewDeadLetter): string | null {
  const id = headerText(headers, REDRIVE_HEADER);
  return id !== null && isUuid(id) ? id : null;
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
    redrive_of: redriveOf(letter),
  };
}
