import { BadRequestException, HttpException, ServiceUnavailableException } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { TransportUnavailableError } from '../transport/transport.js';
import { AppError } from './app-error.js';
import { toAppError } from './to-app-error.js';

function databaseError(code: string): Error {
  return new QueryFailedError('SELECT 1', [], Object.assign(new Error('hush'), { code, severity: 'ERROR' }));
}

describe('toAppError', () => {
  it.each<[string, unknown, string]>([
    ['an error of our own', new AppError('task_terminal', 'Over.'), 'task_terminal'],
    ["Nest's own 400", new BadRequestException('no'), 'invalid_request'],
    ['a status without a code of ours', new HttpException('no', 418), 'invalid_request'],
    ["Nest's own 503", new ServiceUnavailableException(), 'unavailable'],
    ['a broker that cannot be reached', new TransportUnavailableError('down'), 'unavailable'],
    [
      'a database that refuses connections',
      Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
      'unavailable',
    ],
    ['a database that shuts down', databaseError('57P01'), 'unavailable'],
    ['data that the database refuses', databaseError('22P02'), 'internal_error'],
    ['a mistake of ours', new TypeError('hush'), 'internal_error'],
    ['anything else', 'hush', 'internal_error'],
  ])('reads %s', (_, thrown, code) => {
    expect(toAppError(thrown).code).toBe(code);
  });

  it('keeps the original as the cause and its text from the caller', () => {
    const mistake = new TypeError('hush');
    expect(toAppError(mistake).cause).toBe(mistake);
    expect(toAppError(mistake).message).not.toContain('hush');
    expect(toAppError(databaseError('57P01')).message).not.toContain('hush');
  });
});
