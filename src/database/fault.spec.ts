import { runInNewContext } from 'node:vm';
import { QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { databaseError } from '../../test/support/database-error.js';
import { blamingRecords, faultOf, isInfrastructureError, RecordFault } from './fault.js';

const SYSTEM_ERROR = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

function missingFile(syscall: string): Error {
  return Object.assign(new Error(`${syscall} ENOENT`), { code: 'ENOENT', syscall });
}

function foreignError(): Error {
  return Object.assign(runInNewContext('new Error()') as Error, { code: 'ECONNRESET' });
}

describe('whose fault an error is', () => {
  it.each([
    ['22P05', 'record'],
    ['22003', 'record'],
    ['23505', 'record'],
    ['54000', 'record'],
    ['54001', 'record'],
    ['40P01', 'repeat'],
    ['40001', 'repeat'],
    ['57014', 'halve'],
    ['53200', 'halve'],
    ['53100', 'infrastructure'],
    ['53300', 'infrastructure'],
    ['57P01', 'infrastructure'],
    ['55P03', 'infrastructure'],
    ['25P03', 'infrastructure'],
    ['08006', 'infrastructure'],
    ['42P01', 'infrastructure'],
    ['XX000', 'infrastructure'],
  ])('SQLSTATE %s is for: %s', (code, fault) => {
    expect(faultOf(databaseError(code))).toBe(fault);
  });

  it.each([
    ['a connection that is refused', SYSTEM_ERROR],
    ['a pool that has nothing left', new Error('timeout exceeded when trying to connect')],
    ['an error without a code', new Error('Connection terminated unexpectedly')],
    ['something that is no error', 'down'],
  ])('is the infrastructure’s: %s', (_, error) => {
    expect(faultOf(error)).toBe('infrastructure');
  });

  it('is the record’s for whatever our own code throws while it works on records', () => {
    const mistake = new TypeError('x is not a function');
    const thrown = (() => {
      try {
        return blamingRecords(() => {
          throw mistake;
        });
      } catch (error) {
        return error;
      }
    })();
    expect(faultOf(thrown)).toBe('record');
    expect((thrown as RecordFault).cause).toBe(mistake);
  });

  it('does not take a code of Node for a SQLSTATE', () => {
    expect(faultOf(Object.assign(new Error('no'), { code: 'EPIPE' }))).toBe('infrastructure');
    expect(faultOf(Object.assign(new Error('no'), { code: '22000' }))).toBe('infrastructure');
  });
});

describe('whether something is down', () => {
  it.each([
    ['a connection that is refused', SYSTEM_ERROR, true],
    ['a database that shuts down', databaseError('57P01'), true],
    ['a statement that took too long', databaseError('57014'), true],
    ['a lost connection', new Error('Connection terminated unexpectedly'), true],
    [
      'a lost connection that a transaction goes on with',
      new QueryRunnerProviderAlreadyReleasedError(),
      true,
    ],
    ['a lost connection, told by an error of another realm', foreignError(), true],
    ['a socket file of the database that is not there', missingFile('connect'), true],
    ['another file that is not there', missingFile('open'), false],
    ['data that the database refuses', databaseError('22P02'), false],
    ['a mistake of ours', new TypeError('no'), false],
    ['a mistake of ours with a record', new RecordFault(SYSTEM_ERROR), false],
  ])('%s', (_, error, down) => {
    expect(isInfrastructureError(error)).toBe(down);
  });
});
