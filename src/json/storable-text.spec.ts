import { storableText } from './storable-text.js';

describe('storableText', () => {
  it('replaces each U+0000, which PostgreSQL refuses, by U+FFFD', () => {
    expect(storableText('a\0b\0')).toBe('a\ufffdb\ufffd');
  });

  it('replaces halves of surrogate pairs, which PostgreSQL refuses as escapes in JSON, and leaves whole ones', () => {
    expect(storableText('\ud83d and \ude00, but \ud83d\ude00')).toBe('\ufffd and \ufffd, but \ud83d\ude00');
  });
});
