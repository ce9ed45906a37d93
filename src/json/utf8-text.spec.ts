import { utf8Text } from './utf8-text.js';

describe('utf8Text', () => {
  it('gives text from which the same bytes come again, byte order mark and U+0000 included', () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x00, 0x41, 0xf0, 0x9f, 0x98, 0x80]);
    expect(utf8Text(bytes)).toBe('\ufeff\0A😀');
    expect(Buffer.from(utf8Text(bytes) ?? '')).toEqual(bytes);
  });

  it.each([
    ['a byte that starts nothing', [0x41, 0xff]],
    ['a character cut short', [0xe2, 0x82]],
    ['an overlong form', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('gives null for %s, instead of replacing it', (_, bytes) => {
    expect(utf8Text(Buffer.from(bytes))).toBeNull();
  });
});
