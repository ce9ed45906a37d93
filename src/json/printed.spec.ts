import { printed } from './printed.js';

describe('printed', () => {
  it('is a value as JSON', () => {
    expect(printed({ a: [1, 'x', null] })).toBe('{"a":[1,"x",null]}');
  });

  it('says so where JSON nests too deeply to be written again', () => {
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(printed(deep)).toBe('(nested too deeply to be shown)');
  });
});
