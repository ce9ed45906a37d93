import { fingerprint } from './fingerprint.js';

const of = (message: string, topic = 'topic-task-result', type = 'RecordError'): string =>
  fingerprint(topic, { type, message });

describe('fingerprint', () => {
  it('is 16 hexadecimal digits that stay the same from release to release', () => {
    expect(of('The value has no status.')).toBe('30e8a48d5c6d33bf');
  });

  it.each([
    ['numbers', 'row 17 of 2.5e3 at 0xAF', 'row 9 of 1.5e4 at 0x01'],
    ['ids', 'no task 0193c2f4-8a5b-7cde-9f01-23456789abcd', 'no task 0193C2F4-8A5B-7CDE-9F01-00000000ABCD'],
    ['double quotes', 'no field "a"', 'no field "b c"'],
    ['single quotes', "can't find 'a'", "can't find 'b'"],
    ['back ticks', 'no field `a`', 'no field `b`'],
  ])('is the same where only %s differ', (_, one, other) => {
    expect(of(one)).toBe(of(other));
  });

  it('tells topics, error types and messages apart', () => {
    expect(new Set([of('a'), of('b'), of('a', 'other'), of('a', 'topic-task-result', 'Other')]).size).toBe(4);
    expect(of("can't read")).not.toBe(of("can't write"));
  });

  it('looks at no more than the beginning of a long message', () => {
    expect(of(`${'x'.repeat(1000)}a`)).toBe(of(`${'x'.repeat(1000)}b`));
  });
});
