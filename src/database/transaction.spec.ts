import { QueryFailedError, type DataSource } from 'typeorm';
import { databaseError } from '../../test/support/database-error.js';
import { transact } from './transaction.js';

/** A data source whose transactions fail with these errors, one after the other, and then succeed. */
function dataSource(...errors: Error[]): { source: DataSource; transactions: () => number } {
  let transactions = 0;
  const source = {
    transaction: async (work: (manager: unknown) => Promise<unknown>) => {
      transactions++;
      const result = await work({});
      const error = errors.shift();
      if (error) throw error;
      return result;
    },
  };
  return { source: source as unknown as DataSource, transactions: () => transactions };
}

describe('transact', () => {
  it.each(['40P01', '40001'])('runs the work again from its start after %s', async (code) => {
    const { source, transactions } = dataSource(databaseError(code), databaseError(code));
    let runs = 0;
    await expect(transact(source, () => Promise.resolve(++runs))).resolves.toBe(3);
    expect(transactions()).toBe(3);
  });

  it('gives up after ten repeats', async () => {
    const { source, transactions } = dataSource(...Array.from({ length: 20 }, () => databaseError('40P01')));
    await expect(transact(source, () => Promise.resolve())).rejects.toThrow(QueryFailedError);
    expect(transactions()).toBe(11);
  });

  it.each(['23505', '57014', '57P01'])('lets out at once what a repeat would not mend (%s)', async (code) => {
    const { source, transactions } = dataSource(databaseError(code));
    await expect(transact(source, () => Promise.resolve())).rejects.toThrow(QueryFailedError);
    expect(transactions()).toBe(1);
  });
});
