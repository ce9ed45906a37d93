import { advance, consumedRecords, type ConsumedRecord, type Position } from './positions.js';

const MINUTE = 60_000;

function position(next: number, newest = 0): Position {
  return { group: 'g', topic: 't', partition: 0, position: next, newestAt: new Date(newest) };
}

/** Records with these offsets, one a minute. */
function records(
  offsets: number[],
  options: { highWatermark?: number; from?: number } = {},
): ConsumedRecord[] {
  const { highWatermark = 1_000, from = 0 } = options;
  return consumedRecords([
    {
      group: 'g',
      topic: 't',
      partition: 0,
      highWatermark,
      records: offsets.map((offset, index) => ({
        topic: 't',
        partition: 0,
        offset,
        timestamp: from + index * MINUTE,
        key: null,
        value: null,
        headers: {},
      })),
    },
  ]);
}

function offsets(advanced: ReturnType<typeof advance>): number[] | 'unclear' {
  return advanced === 'unclear' ? advanced : advanced.fresh.map(({ offset }) => offset);
}

describe('advance', () => {
  it('lets records at or above the position count, and moves behind the last', () => {
    const advanced = advance(position(5, 2 * MINUTE), records([3, 4, 5, 6]), 5);
    expect(offsets(advanced)).toEqual([5, 6]);
    expect(advanced).toMatchObject({ after: { position: 7, newestAt: new Date(3 * MINUTE) } });
  });

  it('counts gaps, which compaction and transactions leave, as nothing', () => {
    expect(advance(position(5), records([7, 12]), 5)).toMatchObject({ after: { position: 13 } });
  });

  it('lets each offset count once, also when the same batch is there twice', () => {
    expect(offsets(advance(position(0), [...records([0, 1]), ...records([0, 1, 2])], 0))).toEqual([0, 1, 2]);
  });

  it('stays where it is when nothing counts', () => {
    const before = position(5, 9 * MINUTE);
    expect(advance(before, records([3, 4]), 5)).toEqual({ after: before, fresh: [] });
  });

  it('keeps the time of the youngest, whatever order the times are in', () => {
    const advanced = advance(position(0, 30 * MINUTE), records([0, 1]), 0);
    expect(advanced).toMatchObject({ after: { newestAt: new Date(30 * MINUTE) } });
  });

  it('starts again at the first offset of the batch when a record below it is younger than all that were seen', () => {
    const advanced = advance(position(100, MINUTE), records([2, 3], { from: MINUTE + 1 }), undefined);
    expect(offsets(advanced)).toEqual([2, 3]);
    expect(advanced).toMatchObject({ after: { position: 4, newestAt: new Date(2 * MINUTE + 1) } });
  });

  it('starts again when the partition ends below it, whatever the times say', () => {
    const advanced = advance(position(100, 9 * MINUTE), records([0, 1], { highWatermark: 2 }), 100);
    expect(offsets(advanced)).toEqual([0, 1]);
    expect(advanced).toMatchObject({ after: { position: 2, newestAt: new Date(MINUTE) } });
  });

  it.each([
    ['had never seen', undefined],
    ['had seen elsewhere', 2],
  ])('cannot tell whether the partition ends below a position that this process %s', (_, seen) => {
    const old = records([0, 1], { highWatermark: 2 });
    expect(advance(position(100, 9 * MINUTE), old, seen)).toBe('unclear');
  });

  it('passes over the records of a process that was frozen for a while', () => {
    const old = records([50, 51], { highWatermark: 200 });
    expect(offsets(advance(position(100, 9 * MINUTE), old, 52))).toEqual([]);
  });
});

describe('consumedRecords', () => {
  it.each([
    [-1, 0],
    [8.65e15, Date.UTC(10_000, 0) - 1],
  ])('moves the time %d, which the database could not hold, to %d', (from, to) => {
    expect(records([0], { from })).toMatchObject([{ timestamp: to }]);
  });
});
