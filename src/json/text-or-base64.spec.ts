import type { RecordHeaders } from '../transport/transport.js';
import {
  decodeBytes,
  decodeHeaders,
  encodeBytes,
  encodeHeaders,
  isEncodedHeaders,
  isTextOrBase64,
} from './text-or-base64.js';

const BINARY = Buffer.from([0x00, 0xff, 0xfe]);

describe('bytes in JSON', () => {
  it('are text if they are UTF-8, else base64', () => {
    expect(encodeBytes(Buffer.from('grün\0'))).toBe('grün\0');
    expect(encodeBytes(BINARY)).toEqual({ base64: 'AP/+' });
  });

  it.each([
    ['nothing', null],
    ['no bytes', Buffer.alloc(0)],
    ['text', Buffer.from('{"a":"grün 😀"}')],
    ['text with a byte order mark', Buffer.from('\ufeffa')],
    ['other bytes', BINARY],
  ])('come back as they were: %s', (_, bytes) => {
    expect(decodeBytes(throughJson(encodeBytes(bytes)))).toEqual(bytes);
  });

  it('are told from what they are not', () => {
    expect(
      [null, '', 'a', { base64: '' }, { base64: 'AP/+' }, { base64: 'AA==' }].every(isTextOrBase64),
    ).toBe(true);
    expect(
      [undefined, 1, [], {}, { base64: 1 }, { base64: 'A' }, { base64: 'A?==' }].some(isTextOrBase64),
    ).toBe(false);
  });
});

describe('headers in JSON', () => {
  it('come back as they were: twice, in other bytes, by any name', () => {
    const headers: RecordHeaders = Object.fromEntries<Buffer | Buffer[]>([
      ['a', Buffer.from('x')],
      ['twice', [Buffer.from('x'), BINARY]],
      ['__proto__', Buffer.from('y')],
    ]);
    const again = decodeHeaders(throughJson(encodeHeaders(headers)));
    expect(Object.entries(again)).toEqual(Object.entries(headers));
  });

  it('have empty bytes where another tool wrote null', () => {
    expect(decodeHeaders({ a: null })).toEqual({ a: Buffer.alloc(0) });
  });

  it('are told from what they are not', () => {
    expect(isEncodedHeaders({ a: 'x', b: ['x', null, { base64: '' }] })).toBe(true);
    expect([null, [], 'a', { a: 1 }, { a: ['x', 1] }, { a: [['x']] }].some(isEncodedHeaders)).toBe(false);
  });
});

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
