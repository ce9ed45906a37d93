import { FewValues } from './few-values.js';

describe('FewValues', () => {
  it('tells the first values apart, and no more', () => {
    const values = new FewValues(3);
    const known = ['a', 'b', 'a', 'c', 'd', 'b'].map((value) => values.known(value));
    expect(known).toEqual(['a', 'b', 'a', 'other', 'other', 'b']);
  });

  it('takes no value that is as long as a record', () => {
    const values = new FewValues(3);
    expect(values.known('x'.repeat(257))).toBe('other');
  });
});
