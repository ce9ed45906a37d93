import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Metrics } from '../observability/metrics.js';
import { AuditLog } from './audit-log.js';

const MOST = 10_000;

describe('AuditLog', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('holds no more refusals than it may while they cannot be written, and counts the others', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const metrics = new Metrics();
    const fails: ((error: Error) => void)[] = [];
    const query = jest.fn(() => new Promise((_, reject) => fails.push(reject)));
    const log = new AuditLog({ manager: { query } } as unknown as DataSource, metrics);
    const refuse = (what: string): void => {
      for (let n = 0; n < MOST; n++)
        log.refused({ caller: null, address: '', action: what, target: String(n), code: 'forbidden' });
    };
    refuse('first');
    await new Promise(setImmediate);
    expect(query).toHaveBeenCalledTimes(1);
    refuse('second');
    const closed = log.beforeApplicationShutdown();
    for (const fail of fails) {
      fail(new Error('the database is away'));
      await new Promise(setImmediate);
    }
    await closed;
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ entries: MOST }));
    const lost = await metrics.auditEntriesLost.get();
    expect(lost.values[0]?.value).toBe(MOST);
  });
});
