import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { DispatchState } from './dispatch.entity.js';

/** A dispatch whose time has come, for the timers. */
export interface DueDispatch {
  taskId: string;
  attempt: number;
  state: DispatchState;
  type: string;
  orderingKey: string | null;
  leaseSeconds: number | null;
  expired: boolean;
}

const DUE_COLUMNS = `
  task_id AS "taskId", attempt, state, type, ordering_key AS "orderingKey", lease_seconds AS "leaseSeconds",
  expires_at <= now() AS expired`;

const IS_DUE = `state IN ('scheduled', 'sent', 'behind', 'claimable', 'claimed') AND due_at <= now()`;

const TAKE_DUE = `
  SELECT ${DUE_COLUMNS} FROM dispatches WHERE ${IS_DUE}
  ORDER BY due_at, accepted_at, task_id LIMIT $1
  FOR UPDATE SKIP LOCKED`;

const IS_EXPIRED_UNSENT = `state = 'unsent' AND due_at <= now() AND expires_at <= now()`;

const TAKE_EXPIRED_UNSENT = `
  SELECT ${DUE_COLUMNS} FROM dispatches WHERE ${IS_EXPIRED_UNSENT}
  ORDER BY due_at LIMIT $1
  FOR UPDATE SKIP LOCKED`;

/** Dispatches whose time has come for something else than to be sent. */
@Injectable()
export class DueDispatchRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Whether `takeDue` would find anything, were it not locked. */
  isAnyDue(): Promise<boolean> {
    return this.isThereAny(IS_DUE);
  }

  /** The same of `takeExpiredUnsent`. */
  isAnyExpiredUnsent(): Promise<boolean> {
    return this.isThereAny(IS_EXPIRED_UNSENT);
  }

  /** Locks dispatches that are due for something else than to be sent. */
  async takeDue(manager: EntityManager, limit: number): Promise<DueDispatch[]> {
    return manager.query(TAKE_DUE, [limit]);
  }

  /** Locks dispatches that nobody could send before their task expired. */
  async takeExpiredUnsent(manager: EntityManager, limit: number): Promise<DueDispatch[]> {
    return manager.query(TAKE_EXPIRED_UNSENT, [limit]);
  }

  private async isThereAny(condition: string): Promise<boolean> {
    const [row] = await this.dataSource.query<{ found: boolean }[]>(
      `SELECT EXISTS (SELECT FROM dispatches WHERE ${condition}) AS found`,
    );
    return row?.found === true;
  }
}
