import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UNPREPARED } from '../database/preparing-client.js';
import { LETTER_BYTES } from './dead-letter.repository.js';
import type { DeadLettersQuery } from './dead-letters.query.js';
import { letterConditions } from './letter-conditions.js';

/** How much of a message a group shows, in characters. */
const MESSAGE_CHARACTERS = 1000;

/** Dead letters of one cause, as far as they match. */
export interface DeadLetterGroup {
  /** The newest of them. */
  id: string;
  fingerprint: string;
  count: number;
  open: number;
  firstSeen: Date;
  lastSeen: Date;
  topic: string;
  errorType: string;
  errorMessage: string;
  /** What its newest letter takes up in memory, about. */
  bytes: number;
}

/** The SQL of the causes: read off the letters and their indexes, so that they are never out of step with them. */
@Injectable()
export class DeadLetterGroupsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Groups in falling order of their newest letters, which are below `before`. */
  list(query: DeadLettersQuery, before: string | null, limit: number): Promise<DeadLetterGroup[]> {
    const parameters: unknown[] = [];
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    const matches = letterConditions(query, bind);
    const behind = before === null ? 'true' : `id < ${bind(before)}`;
    // Two walks through the index of fingerprints: one for the newest of each, one to count those of the page.
    return this.dataSource.query(
      `${UNPREPARED}WITH newest AS (
         SELECT DISTINCT ON (fingerprint) fingerprint, id FROM dead_letters WHERE ${matches}
         ORDER BY fingerprint DESC, id DESC),
       page AS (SELECT fingerprint, id FROM newest WHERE ${behind} ORDER BY id DESC LIMIT ${bind(limit)})
       SELECT page.id, page.fingerprint, counted.count, counted.open, oldest.received_at AS "firstSeen",
         letter.received_at AS "lastSeen", letter.topic, letter.error_type AS "errorType",
         left(letter.error_message, ${MESSAGE_CHARACTERS}) AS "errorMessage", letter.bytes
       FROM page JOIN (SELECT *, ${LETTER_BYTES} AS bytes FROM dead_letters) AS letter USING (id)
       CROSS JOIN LATERAL (
         SELECT count(*) AS count, count(*) FILTER (WHERE status = 'open') AS open
         FROM dead_letters WHERE fingerprint = page.fingerprint AND ${matches}) AS counted
       CROSS JOIN LATERAL (
         SELECT received_at FROM dead_letters WHERE fingerprint = page.fingerprint AND ${matches}
         ORDER BY id LIMIT 1) AS oldest
       ORDER BY page.id DESC`,
      parameters,
    );
  }
}
