import { hasExactNumbers } from './exact-numbers.js';

describe('hasExactNumbers', () => {
  it.each([
    '{}',
    '{"fileId":9007199254740991}',
    '{"fileId":9007199254740992}',
    '[0.1,0.30000000000000004,-0.0001234567890123456,1.50,0.0,-0]',
    '[1e3,1E+3,1.5e-7,100e-2,0e5,0.000000000000000000000000]',
    '[10000000000000000000000,1e21,1.0e21]',
    '{"id":"9007199254740993","say":"\\"9007199254740993","uuid":"0193a1e0-0000-7000-8000-000000000001"}',
    '{"9007199254740993":1}',
    '[1.7976931348623157e308,5e-324]',
  ])('is true for %s', (json) => {
    expect(hasExactNumbers(json)).toBe(true);
  });

  it('is told of strings of any length', () => {
    expect(hasExactNumbers(`{"n":1e3,"message":"${'x'.repeat(15_000_000)}"}`)).toBe(true);
  });

  it.each([
    '{"fileId":9007199254740993}',
    '{"deep":[{"x":-9007199254740993}]}',
    '["\\\\",9007199254740993]',
    '[0.1000000000000000055511151231257827]',
    '[1e400]',
    '[1e-400]',
    '[12345678901234567890e-2]',
  ])('is false for %s', (json) => {
    expect(hasExactNumbers(json)).toBe(false);
  });
});
