import fc from 'fast-check';
import { Cursor } from './cursor.js';
import type { RecordedEvent } from './event.js';

function event(seq: number): RecordedEvent {
  const at = new Date(0);
  return {
    taskId: 't',
    seq,
    type: 'progress',
    status: 'running',
    attempt: 1,
    at,
    owner: 'o',
    data: null,
    result: null,
  };
}

function cursorWith(outlet: { isReady: () => boolean } = { isReady: () => true }): {
  cursor: Cursor;
  seen: number[];
} {
  const seen: number[] = [];
  return { cursor: new Cursor('t', { ...outlet, emit: ({ seq }) => seen.push(seq) }), seen };
}

describe('a cursor', () => {
  it('lets every event through once, in order and without a gap, in whatever order they are offered', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 10 })),
        (after, offers) => {
          const { cursor, seen } = cursorWith();
          cursor.start(after);
          for (const seq of offers) cursor.offer(event(seq));
          expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => after + 1 + index));
          expect(cursor.seq).toBe(after + seen.length);
          // Whatever it could not let through, it knows that it is there.
          if (offers.some((seq) => seq > after + seen.length)) expect(cursor.isBehind).toBe(true);
        },
      ),
    );
  });

  it('lets nothing through before it starts, but knows that there is something', () => {
    const { cursor, seen } = cursorWith();
    cursor.offer(event(2));
    expect([seen, cursor.isBehind]).toEqual([[], false]);
    cursor.start(1);
    expect([seen, cursor.isBehind]).toEqual([[], true]);
  });

  it('stands still while its reader cannot take more, and is behind afterwards', () => {
    let ready = false;
    const { cursor, seen } = cursorWith({ isReady: () => ready });
    cursor.start(1);
    cursor.offer(event(2));
    expect([seen, cursor.seq, cursor.isBehind]).toEqual([[], 1, false]);
    ready = true;
    expect(cursor.isBehind).toBe(true);
  });

  it('is not behind for what it has seen', () => {
    const { cursor } = cursorWith();
    cursor.start(3);
    for (const seq of [1, 2, 3]) cursor.offer(event(seq));
    expect(cursor.isBehind).toBe(false);
  });

  it('lets nothing through once it is closed', () => {
    const { cursor, seen } = cursorWith();
    cursor.start(1);
    cursor.mark();
    cursor.close();
    cursor.offer(event(2));
    expect([seen, cursor.isBehind]).toEqual([[], false]);
  });
});
