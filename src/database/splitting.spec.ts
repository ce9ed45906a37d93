import { databaseError } from '../../test/support/database-error.js';
import { RecordFault } from './fault.js';
import { splitting } from './splitting.js';

/** What became of a split: which items were done (in which groups), and which were culprits. */
async function split(
  items: number[],
  work: (part: readonly number[]) => void,
): Promise<{ done: number[][]; tries: number; culprits: number[]; thrown: unknown }> {
  const done: number[][] = [];
  const culprits: number[] = [];
  let tries = 0;
  const thrown: unknown = await splitting(
    items,
    (part) => {
      tries++;
      work(part);
      done.push([...part]);
      return Promise.resolve();
    },
    (culprit) => void culprits.push(culprit),
  ).then(
    () => null,
    (error: unknown) => error,
  );
  return { done, tries, culprits, thrown };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('splitting', () => {
  it('does everything at once where nothing is wrong, and nothing for nobody', async () => {
    expect(await split(upTo(5), () => undefined)).toMatchObject({ done: [upTo(5)], tries: 1 });
    expect(await split([], () => undefined)).toMatchObject({ tries: 0 });
  });

  it.each([0, 6, 12])(
    'finds the one culprit, and does all others in their order (culprit %d)',
    async (bad) => {
      const { done, culprits, tries } = await split(upTo(13), (part) => {
        if (part.includes(bad)) throw databaseError('22P05');
      });
      expect(culprits).toEqual([bad]);
      expect(done.flat()).toEqual(upTo(13).filter((item) => item !== bad));
      expect(tries).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(13)) + 1);
    },
  );

  it('finds every culprit', async () => {
    const { done, culprits } = await split(upTo(9), (part) => {
      if (part.some((item) => item % 2 === 1)) throw new RecordFault(new Error('odd'));
    });
    expect(culprits).toEqual([1, 3, 5, 7]);
    expect(done.flat()).toEqual([0, 2, 4, 6, 8]);
  });

  it.each(['57014', '53200'])(
    'halves what is too much for the database (%s), blaming nobody',
    async (code) => {
      const { done, culprits, thrown } = await split(upTo(8), (part) => {
        if (part.length > 3) throw databaseError(code);
      });
      expect([done, culprits, thrown]).toEqual([
        [
          [0, 1],
          [2, 3],
          [4, 5],
          [6, 7],
        ],
        [],
        null,
      ]);
    },
  );

  it.each(['57014', '53200'])(
    'takes what fails alone for want of time or memory (%s) for an outage',
    async (code) => {
      const { done, culprits, thrown } = await split(upTo(4), (part) => {
        if (part.includes(2)) throw databaseError(code);
      });
      expect([done, culprits]).toEqual([[[0, 1]], []]);
      expect(thrown).toEqual(databaseError(code));
    },
  );

  it('throws what is the infrastructure’s fault at once, and keeps what was done', async () => {
    const down = databaseError('57P01');
    const { done, tries, culprits, thrown } = await split(upTo(4), (part) => {
      if (part.includes(0)) throw part.length === 1 ? down : databaseError('22P05');
    });
    expect(thrown).toBe(down);
    expect([done, culprits, tries]).toEqual([[], [], 3]);
  });

  it('waits for what is done about a culprit, and throws what goes wrong there', async () => {
    const refused = splitting(
      [1],
      () => Promise.reject(databaseError('22P05')),
      () => Promise.reject(new Error('no letter could be written')),
    );
    await expect(refused).rejects.toThrow('no letter could be written');
  });
});
