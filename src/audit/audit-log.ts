import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import type { Caller } from '../auth/caller.js';
import type { ErrorCode } from '../errors/app-error.js';
import { Rounds } from '../events/rounds.js';
import { storableText } from '../json/storable-text.js';
import { Metrics } from '../observability/metrics.js';
import type { AuditEntry } from './audit-entry.entity.js';

/** What somebody asked for and may not have. */
export interface Refusal {
  /** Null for a caller whom nobody knows. */
  caller: Caller | null;
  address: string;
  /** A route or the name of a socket's message. */
  action: string;
  target: string | null;
  code: ErrorCode;
}

/** What somebody did to what is not their own. */
export interface Deed {
  caller: Caller;
  action: string;
  target: string;
}

/** Different refusals that may wait to be written; more are only counted: a flood must not fill the memory. */
const MAX_WAITING = 10_000;

/** The longest text of an entry that comes from outside, in characters. */
const MAX_TEXT = 200;

/** How long to wait after a write that failed, in milliseconds. */
const RETRY_MS = 1_000;

const INSERT = `
  INSERT INTO audit_entries (id, at, outcome, owner, roles, action, target, code, address, count)
  SELECT id, now(), outcome, owner, roles, action, target, code, address, count
  FROM json_to_recordset($1::json) AS n(
    id uuid, outcome text, owner text, roles text[], action text, target text, code text, address text, count integer)`;

/** Whether an error says that somebody may not do what they asked for. */
export function isAccessCode(code: ErrorCode): boolean {
  return code === 'unauthorized' || code === 'forbidden';
}

type NewEntry = Omit<AuditEntry, 'id' | 'at'>;

/**
 * Writes the audit log: deeds in their own transaction, so that none happens without its entry; refusals soon after,
 * equal ones together, so that a flood of them costs little.
 */
@Injectable()
export class AuditLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AuditLog.name);
  private readonly waiting = new Map<string, NewEntry>();
  private readonly rounds = new Rounds(
    () => this.writeRefusals(),
    (err) => {
      this.logger.error({ message: 'Refusals wait to be written to the audit log', err });
    },
  );
  private closing = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
  ) {}

  /** Notes a refusal. Never throws, never waits. */
  refused({ caller, address, action, target, code }: Refusal): void {
    const entry = entryOf('refused', caller, { action, target, code, address });
    this.wait(JSON.stringify(entry), entry);
    this.rounds.request();
  }

  /** Writes a deed, in the transaction that does it. */
  async done(manager: EntityManager, { caller, action, target }: Deed): Promise<void> {
    const { address } = caller;
    await insert(manager, [entryOf('done', caller, { action, target, code: null, address })]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    await this.writeRefusals().catch((err: unknown) => {
      this.logger.error({
        message: 'Refusals are missing in the audit log',
        entries: this.waiting.size,
        err,
      });
    });
  }

  private async writeRefusals(): Promise<void> {
    const entries = [...this.waiting];
    if (entries.length === 0) return;
    this.waiting.clear();
    try {
      await insert(
        this.dataSource.manager,
        entries.map(([, entry]) => entry),
      );
    } catch (error) {
      for (const [key, entry] of entries) this.wait(key, entry);
      if (!this.closing) await this.comeAgain();
      throw error;
    }
  }

  private wait(key: string, entry: NewEntry): void {
    const known = this.waiting.get(key);
    if (known) known.count += entry.count;
    else if (this.waiting.size < MAX_WAITING) this.waiting.set(key, entry);
    else this.metrics.auditEntriesLost.inc(entry.count);
  }

  private async comeAgain(): Promise<void> {
    await pause(RETRY_MS, undefined, { ref: false });
    this.rounds.request();
  }
}

async function insert(manager: EntityManager, entries: readonly NewEntry[]): Promise<void> {
  await manager.query(INSERT, [JSON.stringify(entries.map((entry) => ({ id: newId(), ...entry })))]);
}

function entryOf(
  outcome: AuditEntry['outcome'],
  caller: Caller | null,
  what: Pick<AuditEntry, 'action' | 'target' | 'code' | 'address'>,
): NewEntry {
  const { action, target, code, address } = what;
  return {
    outcome,
    owner: caller?.owner ?? null,
    roles: [...(caller?.roles ?? [])],
    action,
    target: target === null ? null : storableText(target.slice(0, MAX_TEXT)),
    code,
    address,
    count: 1,
  };
}
