import { changesText } from './changes.js';

describe('changes', () => {
  const changes = (from: string, to: string): unknown => JSON.parse(changesText(from, to));

  it('name the members that differ, and what they were and are', () => {
    expect(
      changes(
        '{"value":{"fileUrl":"/a","size":{"w":1,"h":2},"same":[1,{"b":1,"a":2}]},"key":null}',
        '{"key":"k","value":{"fileUrl":"/b","size":{"w":1,"d":3},"same":[1,{"a":2,"b":1}]}}',
      ),
    ).toEqual([
      { path: 'value.fileUrl', from: '/a', to: '/b' },
      { path: 'value.size.h', from: 2 },
      { path: 'value.size.d', to: 3 },
      { path: 'key', from: null, to: 'k' },
    ]);
  });

  it('show numbers digit for digit', () => {
    expect(changesText('{"id":9007199254740993}', '{"id":9007199254740992}')).toBe(
      '[{"path":"id","from":9007199254740993,"to":9007199254740992}]',
    );
  });

  it('leave out what is long', () => {
    expect(changes(`{"a":"${'x'.repeat(2_000)}"}`, '{"a":1}')).toEqual([
      { path: 'a', from: '(2002 characters)', to: 1 },
    ]);
  });

  it('are found however deep it is nested', () => {
    const nested = (end: string): string => `${'{"a":'.repeat(50_000)}${end}${'}'.repeat(50_000)}`;
    expect(changes(nested('1'), nested('2'))).toEqual([
      expect.objectContaining({ path: Array(10).fill('a').join('.') }),
    ]);
  });
});
