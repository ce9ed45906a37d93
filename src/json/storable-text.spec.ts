import { storableText } from './storable-text.js';

describe('storableText', () => {
  it('replaces each U+0000, which PostgreSQL refuses, by U+FFFD', () => {
    expect(storableText('a\0b\0')).toBe('a\ufffdb\ufffd');
  });
});
