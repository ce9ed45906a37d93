import fc from 'fast-check';
import { fingerprint } from './fingerprint.js';

const of = (message: string, topic = 'topic-task-result', type = 'RecordError'): string =>
  fingerprint(topic, { type, message });

describe('fingerprint', () => {
  it('is 16 hexadecimal digits that stay the same from release to release', () => {
    expect(of('The value has no status.')).toBe('30e8a48d5c6d33bf');
  });

  it.each([
    ['numbers', 'row 17 of 2.5e3 at 0xAF, -3 left', 'row 9,201 of 1.5e4 at 0x01, 12 left'],
    ['UUIDs', 'no task 0193c2f4-8a5b-7cde-9f01-23456789abcd', 'no task 0193C2F4-8A5B-7CDE-9F01-00000000ABCD'],
    ['ObjectIds', 'document 507f1f77bcf86cd799439011 is gone', 'document 64b7f3a2e4b0c1d2e3f4a5b6 is gone'],
    ['ULIDs', 'order 01ARZ3NDEKTSV4RRFFQ69G5FAV', 'order 01BX5ZZKBKACTAV9WEVGEMMVRZ'],
    ['hashes', 'blob e3b0c44298fc1c149afbf4c8996fb924', 'blob 9f86d081884c7d659a2feaa0c55ad015'],
    ['double quotes', 'no field "a"', 'no field "b c"'],
    ['single quotes', "can't find 'a'", "can't find 'b'"],
    ['back ticks', 'no field `a`', 'no field `b`'],
    ['paths', 'cannot open /data/in/a.shp: no such file', 'cannot open /mnt/b-2/c.shp: no such file'],
    ['Windows paths', 'cannot open C:\\in\\a.shp', 'cannot open D:\\out\\x\\b.shp'],
    ['relative paths', 'cannot open in/a.shp', 'cannot open out/deep/b.geojson'],
    ['URLs', 'GET https://a.example/x?id=1 gave 503', 'GET http://b.example:8080/y gave 502'],
    ['addresses', 'cannot connect to 10.0.0.1:5432', 'cannot connect to 192.168.17.250:5433'],
    ['IPv6 addresses', 'refused by fe80::1', 'refused by 2001:db8:0:0:0:0:2:1'],
    ['hosts and ports', 'timeout: db-1.internal:5432', 'timeout: localhost:15432'],
    ['e-mail addresses', 'no user ann@example.org', 'no user bob.b+x@mail.example.com'],
    ['RFC 3339 times', 'late since 2026-11-23T22:04:08.123Z', 'late since 2025-01-02 03:04:05+01:00'],
    ['dates in words', 'expired on Mon, 23 Nov 2026 22:04:08 GMT', 'expired on Tue, 3 Mar 2025 01:02:03 GMT'],
    ['lengths of lists', 'unknown ids [1, 2, 3]', 'unknown ids [77]'],
  ])('is the same where only %s differ', (_, one, other) => {
    expect(of(one)).toBe(of(other));
  });

  it('tells topics, error types and messages apart', () => {
    expect(new Set([of('a'), of('b'), of('a', 'other'), of('a', 'topic-task-result', 'Other')]).size).toBe(4);
  });

  it('tells what really happens apart', () => {
    const messages = [
      "can't read",
      "can't write",
      'cannot open /data/a.shp: no such file',
      'cannot open /data/a.shp: permission denied',
      'cannot connect to 10.0.0.1:5432: refused',
      'cannot connect to 10.0.0.1:5432: timeout',
      'invalid polygon: 3 points',
      'invalid polygon: self-intersection at 3',
      'text/html is not accepted',
      'text/plain is not accepted',
      '/ by zero',
      'Index 5 out of bounds for length 3',
      'CUDA out of memory. Tried to allocate 2.00 GiB',
      "'NoneType' object has no attribute 'shape'",
      'duplicate key value violates unique constraint "users_pkey"',
      'null value in column "name" violates not-null constraint',
      'Unexpected token < in JSON at position 0',
      'Unexpected end of JSON input',
    ];
    expect(new Set(messages.map((message) => of(message))).size).toBe(messages.length);
  });

  it('looks at no more than the beginning of a long message', () => {
    expect(of(`${'x'.repeat(1000)}a`)).toBe(of(`${'x'.repeat(1000)}b`));
  });

  it.each([
    'a',
    '1',
    'a1',
    '/',
    'a/',
    '.',
    'a.',
    ':',
    'a:',
    '"',
    "'",
    'a@',
    '-',
    'Mon ',
    '<id>',
    '\n at ',
    '$',
  ])('takes no longer for a mebibyte of %j', (part) => {
    const text = part.repeat(2 ** 20 / part.length);
    const before = performance.now();
    fingerprint('t', { type: 'E', message: text, stack: ` at ${text}\nCaused by: ${text}\n  File "${text}` });
    // It takes milliseconds; one that looks at the rest again from each character would take minutes.
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (message, stack) => {
        expect(fingerprint('t', { type: 'E', message, stack })).toMatch(/^[0-9a-f]{16}$/);
      }),
      { seed: 20263 },
    );
  });
});
