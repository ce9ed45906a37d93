import { RecordGuard } from './record-guard.js';

const MINUTE = 60_000;

describe('RecordGuard', () => {
  let time: number;
  const guard = (limit: number | null = null, readsLetters = false): RecordGuard =>
    new RecordGuard({ name: 'results', limit, readsLetters, now: () => time });

  beforeEach(() => {
    time = 0;
  });

  it('is alarmed when more than half of at least twenty records cannot be processed', () => {
    const half = guard();
    half.count(20, 10);
    expect([half.share, half.alarming]).toEqual([0.5, false]);
    half.count(1, 1);
    expect(half.alarming).toBe(true);
    const few = guard();
    few.count(19, 19);
    expect([few.share, few.alarming]).toEqual([1, false]);
  });

  it('forgets after a minute', () => {
    const watching = guard(5);
    watching.count(30, 30);
    time = MINUTE - 1;
    expect([watching.alarming, watching.paused]).toEqual([true, true]);
    time = MINUTE;
    expect([watching.share, watching.alarming, watching.paused]).toEqual([0, false, false]);
  });

  it('lets its listener wait from the limit on until it is below it again', () => {
    const limited = guard(10);
    limited.count(1000, 9);
    limited.admit();
    time = MINUTE / 2;
    limited.count(10, 1);
    expect(() => {
      limited.admit();
    }).toThrow('paused after 10 dead letters within a minute (DLQ_LIMIT)');
    time = MINUTE;
    limited.admit();
  });

  it('lets nobody wait without a limit', () => {
    const unlimited = guard();
    unlimited.count(1e6, 1e6);
    unlimited.admit();
    expect(unlimited.paused).toBe(false);
  });

  it('finds nothing in dead letters where they are what is read, but holds them to the limit', () => {
    const ofLetters = guard(10, true);
    ofLetters.count(100, 100);
    expect([ofLetters.share, ofLetters.alarming, ofLetters.paused]).toEqual([0, false, true]);
  });
});
