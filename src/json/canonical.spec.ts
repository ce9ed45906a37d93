import { canonical } from './canonical.js';

const same = (a: string, b: string): void => {
  expect(canonical(a)).toBe(canonical(b));
};
const different = (a: string, b: string): void => {
  expect(canonical(a)).not.toBe(canonical(b));
};

describe('canonical', () => {
  it('does not depend on member order and white space, at any depth', () => {
    same('{"a":1,"b":[{"c":2,"d":"x y"}]}', ' {\n"b" : [ { "d":"x y" ,"c" :2 } ] , "a":1 } ');
  });

  it('does not depend on how a string or a name is escaped', () => {
    same('{"a/b":"é\\n"}', '{"\\u0061\\/b":"\\u00e9\\u000A"}');
  });

  it('counts the last of members with the same name', () => {
    same('{"a":1,"\\u0061":2}', '{"a":2}');
  });

  it('compares numbers by their text', () => {
    different('9007199254740993', '9007199254740992');
    different('[1]', '[1.0]');
  });

  it.each([
    ['the order of elements', '[1,2]', '[2,1]'],
    ['the depth of brackets', '[[1],2]', '[[1,2]]'],
    ['an object and an array', '{}', '[]'],
    ['a number and its text', '[1]', '["1"]'],
    ['a word and its text', '[null]', '["null"]'],
    ['white space inside strings', '"a b"', '"ab"'],
    ['a missing member and a null', '{}', '{"a":null}'],
    ['brackets inside strings', '["],["]', '["",""]'],
    ['a name and a value', '{"a":"b"}', '{"b":"a"}'],
  ])('tells %s apart', (_, a, b) => {
    different(a, b);
  });

  it('takes a document of a hundred thousand levels in its stride', () => {
    const deep = '{"a":['.repeat(50_000) + ']}'.repeat(50_000);
    expect(canonical(` ${deep}`)).toBe(deep);
  });
});
