import fc from 'fast-check';
import { canonical } from './canonical.js';
import { elements, members, objectText } from './members.js';

const repeatable = { seed: 20261, numRuns: 200 };
const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
/** Every character, among them lone surrogates and those that have to be escaped. */
const strings = fc.string({ unit: 'binary' });
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    strings,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(strings, tie('value'), { maxKeys: 5 }),
  ),
}));
const anyObject = fc.dictionary(strings, anyValue);

describe('any JSON document', () => {
  it('taken apart into members and put together is the same document', () => {
    fc.assert(
      fc.property(anyObject, seeds, (object, seed) => {
        const text = untidyJson(object, seed);
        expect(JSON.parse(objectText(members(text)))).toEqual(JSON.parse(text));
      }),
      repeatable,
    );
  });

  it('taken apart into elements and put together is the same document', () => {
    fc.assert(
      fc.property(fc.array(anyValue), seeds, (array, seed) => {
        const text = untidyJson(array, seed);
        expect(JSON.parse(`[${elements(text).join()}]`)).toEqual(JSON.parse(text));
      }),
      repeatable,
    );
  });

  it('is equal to its canonical text', () => {
    fc.assert(
      fc.property(anyValue, seeds, (value, seed) => {
        const text = untidyJson(value, seed);
        expect(JSON.parse(canonical(text))).toEqual(JSON.parse(text));
      }),
      repeatable,
    );
  });

  it('has one canonical text, however it is written', () => {
    fc.assert(
      fc.property(anyValue, seeds, seeds, (value, seed, otherSeed) => {
        expect(canonical(untidyJson(value, seed))).toBe(canonical(untidyJson(value, otherSeed)));
      }),
      repeatable,
    );
  });
});

/** JSON with members in any order, white space anywhere and escapes nobody needs, all drawn from the seed. */
function untidyJson(value: unknown, seed: number): string {
  let state = seed;
  const draw = (below: number): number => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const space = (): string => ['', '', '', ' ', '\n', '\t \r'][draw(6)] ?? '';
  const write = (part: unknown): string => space() + bare(part) + space();
  const bare = (part: unknown): string => {
    if (typeof part === 'string') return text(part);
    if (Array.isArray(part)) return `[${part.map(write).join() || space()}]`;
    if (typeof part !== 'object' || part === null) return JSON.stringify(part);
    const written = Object.entries(part).map(
      ([name, inner]) => space() + text(name) + space() + ':' + write(inner),
    );
    return `{${shuffled(written).join() || space()}}`;
  };
  const text = (part: string): string =>
    JSON.stringify(part).replace(/[a-z/](?<!\\.)(?<!\\u[0-9a-f]{1,4})/g, (character) =>
      draw(4) === 0 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character,
    );
  const shuffled = (parts: string[]): string[] =>
    parts
      .map((part) => ({ part, place: draw(1000) }))
      .sort((a, b) => a.place - b.place)
      .map(({ part }) => part);
  return write(value);
}
