import { shareOut, wantedTypes } from './share-out.js';

const ask = (max: number, ...types: string[]) => ({ types, max });
const tasks = (...types: string[]) => types.map((type, id) => ({ type, id }));

describe('what is claimable', () => {
  it('is asked for by type, for all who wait together, up to the limit of a round', () => {
    expect(wantedTypes([ask(1, 'a'), ask(3, 'a', 'b'), ask(100, 'c')], 50)).toEqual(
      new Map([
        ['a', 4],
        ['b', 3],
        ['c', 50],
      ]),
    );
  });

  it('goes to who came first while there is less than one for each', () => {
    const [first, second, third] = [ask(5, 'a'), ask(5, 'a'), ask(5, 'a')];
    const shares = shareOut([first, second, third], tasks('a', 'a'));
    expect([first, second, third].map((each) => shares.get(each)?.map(({ id }) => id))).toEqual([
      [0],
      [1],
      [],
    ]);
  });

  it('is shared out evenly, each keeping the order of tasks and nobody getting more than asked for', () => {
    const [modest, greedy] = [ask(1, 'a'), ask(10, 'a')];
    const shares = shareOut([modest, greedy], tasks('a', 'a', 'a'));
    expect(shares.get(modest)?.map(({ id }) => id)).toEqual([0]);
    expect(shares.get(greedy)?.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('goes to those only who ask for its type, and is left over where nobody does', () => {
    const [a, b] = [ask(5, 'a'), ask(5, 'b')];
    const shares = shareOut([a, b], tasks('b', 'c', 'b'));
    expect([shares.get(a), shares.get(b)?.map(({ id }) => id)]).toEqual([[], [0, 2]]);
  });
});
