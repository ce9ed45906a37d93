import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import { DeadLetterAction, type DeadLetterActionName } from './dead-letter-action.entity.js';

/** A step of a letter's history. */
export interface NewAction {
  deadLetterId: string;
  action: DeadLetterActionName;
  by: string | null;
  redriveId: string | null;
  note?: string | null;
  reason?: string;
  /** JSON text of `[{path, from?, to?}]`. */
  changes?: string | null;
}

const ADD = `
  INSERT INTO dead_letter_actions (id, dead_letter_id, at, action, by, redrive_id, note, reason, changes)
  SELECT id, dead_letter_id, now(), action, by, redrive_id, note, reason, changes::json
  FROM json_to_recordset($1::json) AS n(
    id uuid, dead_letter_id uuid, action text, by text, redrive_id uuid, note text, reason text, changes text)`;

/** What was done to dead letters, step by step; it only grows. */
@Injectable()
export class LetterHistory {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds steps, in their order. */
  async add(manager: EntityManager, actions: readonly NewAction[]): Promise<void> {
    if (actions.length === 0) return;
    const rows = actions.map((action) => ({
      id: newId(),
      dead_letter_id: action.deadLetterId,
      action: action.action,
      by: action.by,
      redrive_id: action.redriveId,
      note: action.note ?? null,
      reason: action.reason ?? null,
      changes: action.changes ?? null,
    }));
    await manager.query(ADD, [JSON.stringify(rows)]);
  }

  /** The histories of letters, each in its order. */
  async of(ids: readonly string[]): Promise<Map<string, DeadLetterAction[]>> {
    const actions = await this.dataSource
      .getRepository(DeadLetterAction)
      .find({ where: { deadLetterId: In([...ids]) }, order: { id: 'ASC' } });
    const histories = new Map<string, DeadLetterAction[]>(ids.map((id) => [id, []]));
    for (const action of actions) histories.get(action.deadLetterId)?.push(action);
    return histories;
  }
}
