import { elements, members, objectText } from './members.js';

describe('members', () => {
  it('gives the text of each value as it came, digit for digit', () => {
    const text = ' { "id" : 9007199254740993 ,"x":1.0,"e":-1E+400, "n":null,"t" :true}\n';
    expect([...members(text)]).toEqual([
      ['id', '9007199254740993'],
      ['x', '1.0'],
      ['e', '-1E+400'],
      ['n', 'null'],
      ['t', 'true'],
    ]);
  });

  it('keeps nested values whole, with brackets and quotes inside strings', () => {
    const text = '{"a":{"b":[1,{"c":"}]\\""}] },"d":["\\\\",[[]],"{"],"e":"\\\\\\""}';
    expect([...members(text)]).toEqual([
      ['a', '{"b":[1,{"c":"}]\\""}] }'],
      ['d', '["\\\\",[[]],"{"]'],
      ['e', '"\\\\\\""'],
    ]);
  });

  it('takes the last of members with the same name, however the name is written', () => {
    expect(members('{"taskId":1,"task\\u0049d":2}')).toEqual(new Map([['taskId', '2']]));
  });

  it('knows names that objects in JavaScript inherit', () => {
    expect(members('{"__proto__":1,"constructor":2}')).toEqual(
      new Map([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    );
  });

  it('finds none in an empty object', () => {
    expect(members(' { \n } ').size).toBe(0);
  });

  it('reads a value nested a hundred thousand levels deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(members(`{"deep":${deep},"next":1}`)).toEqual(
      new Map([
        ['deep', deep],
        ['next', '1'],
      ]),
    );
  });

  it('comes to an end also on text that is not JSON', () => {
    for (const text of ['', '{', '{"', '{"a', '{"a"', '{"a":', '{"a":"', '{"a":[', '{"a":1']) {
      members(text);
      elements(text);
    }
  });
});

describe('elements', () => {
  it('gives the text of each element as it came, in order', () => {
    expect(elements(' [ 9007199254740993 , "a,]" ,[1, 2],{"b":[ ]}, null ] ')).toEqual([
      '9007199254740993',
      '"a,]"',
      '[1, 2]',
      '{"b":[ ]}',
      'null',
    ]);
  });

  it('finds none in an empty array', () => {
    expect(elements('[ ]')).toEqual([]);
  });
});

describe('objectText', () => {
  it('writes the values as they are and the names as JSON', () => {
    expect(
      objectText([
        ['a"\n', '9007199254740993'],
        ['b', '[ 1.0 ]'],
      ]),
    ).toBe('{"a\\"\\n":9007199254740993,"b":[ 1.0 ]}');
  });

  it('writes an object without members', () => {
    expect(objectText([])).toBe('{}');
  });
});
