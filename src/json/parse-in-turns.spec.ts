import fc from 'fast-check';
import { parseInTurns } from './parse-in-turns.js';

const repeatable = { seed: 20262, numRuns: 300 };
const documents = fc.oneof(
  fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
  fc.record({ tasks: fc.array(fc.jsonValue()), more: fc.jsonValue() }, { requiredKeys: [] }),
  fc.jsonValue(),
);

/** What became of a text: the object, or null. */
async function parsed(text: string): Promise<unknown> {
  try {
    return Object.fromEntries((await parseInTurns(text)).members);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The same with `JSON.parse`. */
function expected(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

describe('an object that is parsed in turns', () => {
  it('is what JSON.parse makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(documents, fc.constantFrom(0, 1, '\t'), async (document, space) => {
        const text = ` ${JSON.stringify(document, null, space)}\n`;
        expect(await parsed(text)).toEqual(expected(text));
      }),
      repeatable,
    );
  });

  it('is refused where JSON.parse refuses it, whatever is wrong with it', async () => {
    const damage = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '1', '-', '.', 'e', 't', '\0', '\ufeff'],
    );
    await fc.assert(
      fc.asyncProperty(documents, damage, fc.nat(), fc.boolean(), async (document, mark, where, isMore) => {
        const text = JSON.stringify(document);
        const at = where % (text.length + 1);
        const damaged = text.slice(0, at) + mark + text.slice(isMore ? at : at + 1);
        expect(await parsed(damaged)).toEqual(expected(damaged));
      }),
      { ...repeatable, numRuns: 2_000 },
    );
  });

  it.each(['', '{', '{"a"', '{"a":', '{"a":[', '{"a":[1', '{"a":[1,]}', '{"a":[,1]}', '{"a":1,}', '{,}'])(
    'is refused as %j',
    async (text) => {
      await expect(parseInTurns(text)).rejects.toThrow(SyntaxError);
    },
  );

  it('has the text of each element of its arrays as it came', async () => {
    const { members, elements } = await parseInTurns(
      '{"a":[1],"tasks" : [ {"n": 9007199254740993 } ,"]" ],"a":2}',
    );
    expect([...elements]).toEqual([['tasks', ['{"n": 9007199254740993 }', '"]"']]]);
    expect(members.get('a')).toBe(2);
  });

  it('keeps a member called __proto__ as any other', async () => {
    expect([...(await parseInTurns('{"__proto__":[{}]}')).members]).toEqual([['__proto__', [{}]]]);
  });

  it('keeps no more than there is room for, and refuses what is wrong behind it all the same', async () => {
    const room = { members: 2, elements: 1 };
    const { members, elements } = await parseInTurns(
      '{"a":[1,2,3],"b":4,"c":[5],"a":[6,7]}',
      JSON.parse,
      room,
    );
    expect(Object.fromEntries(members)).toEqual({ a: [6], b: 4 });
    expect([...elements]).toEqual([['a', ['6']]]);
    await expect(parseInTurns('{"a":[1,2,x]}', JSON.parse, room)).rejects.toThrow(SyntaxError);
    await expect(parseInTurns('{"a":1,"b":2,"c":x}', JSON.parse, room)).rejects.toThrow(SyntaxError);
  });

  it('lets everybody else have a turn after each 64 KiB', async () => {
    const element = `"${'x'.repeat(1_022)}"`;
    const text = `{"tasks":[${Array<string>(1_024).fill(element).join()}]}`;
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await parseInTurns(text);
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(14);
  });
});
