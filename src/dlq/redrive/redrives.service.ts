import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { newId } from '../../database/new-id.js';
import { AuditLog } from '../../audit/audit-log.js';
import type { Caller } from '../../auth/caller.js';
import { transact } from '../../database/transaction.js';
import { AppError } from '../../errors/app-error.js';
import type { LetterConditions } from '../letter-conditions.js';
import type { Redrive } from './redrive.entity.js';
import { RedriveRepository, type NewRedrive } from './redrive.repository.js';

/** What an operator does with many letters at once. `RedriveRunner` does the work. */
@Injectable()
export class RedrivesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly redrives: RedriveRepository,
    private readonly auditLog: AuditLog,
  ) {}

  /** How many letters a redrive would be for now, and the ids of the oldest `sample`. */
  preview(filter: LetterConditions, sample: number): Promise<{ matched: number; ids: string[] }> {
    return this.redrives.match(filter, sample);
  }

  /** Starts one for the open letters that match now; later ones are not its. */
  start(caller: Caller, redrive: Omit<NewRedrive, 'id' | 'by'>): Promise<Redrive> {
    const id = newId();
    return transact(this.dataSource, async (manager) => {
      await this.auditLog.done(manager, { caller, action: 'redrive_started', target: id });
      return this.redrives.start(manager, { id, by: caller.owner, ...redrive });
    });
  }

  /** @throws AppError `not_found` */
  async get(id: string): Promise<Redrive> {
    const redrive = isUuid(id) ? await this.redrives.find(id) : null;
    if (!redrive) throw new AppError('not_found', 'there is no such redrive');
    return redrive;
  }

  /** Ends one; what was sent stays sent, and the other letters stay open. @throws AppError `not_found` or `redrive_not_running` */
  async cancel(caller: Caller, id: string): Promise<Redrive> {
    await this.get(id);
    await transact(this.dataSource, async (manager) => {
      if (!(await this.redrives.finish(manager, id, { status: 'cancelled', by: caller.owner })))
        throw new AppError('redrive_not_running', 'the redrive is over, there is nothing to cancel');
      await this.auditLog.done(manager, { caller, action: 'redrive_cancelled', target: id });
    });
    return this.get(id);
  }
}
