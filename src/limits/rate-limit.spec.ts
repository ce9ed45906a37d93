import { RateLimit } from './rate-limit.js';

/** How many of ten come through at this time. */
function of10(limit: RateLimit, key: string, now: number): number {
  return Array.from({ length: 10 }, () => limit.take(key, now)).filter(Boolean).length;
}

describe('a rate limit of five a second', () => {
  it('lets five come at once, and then one every fifth of a second', () => {
    const limit = new RateLimit(5);
    expect(of10(limit, 'alice', 0)).toBe(5);
    expect(of10(limit, 'alice', 100)).toBe(0);
    expect(of10(limit, 'alice', 200)).toBe(1);
    expect(of10(limit, 'alice', 600)).toBe(2);
    expect(of10(limit, 'alice', 60_000)).toBe(5);
  });

  it('counts each key for itself', () => {
    const limit = new RateLimit(5);
    expect(of10(limit, 'alice', 0)).toBe(5);
    expect(of10(limit, 'bob', 0)).toBe(5);
  });

  it('lets one who takes more at once pay for it afterwards', () => {
    const limit = new RateLimit(5);
    expect(limit.take('alice', 0) && limit.takeMore('alice', 9, 0)).toBe(true);
    expect(limit.takeMore('alice', 1, 900)).toBe(false);
    expect(limit.take('alice', 1_100)).toBe(false);
    expect(of10(limit, 'alice', 1_200)).toBe(1);
  });

  it('gives those that come at once turns, evenly, but for the first few', () => {
    const limit = new RateLimit(100);
    const turns = Array.from({ length: 13 }, () => limit.take('alice', 0) && limit.turn('alice', 1, 0));
    expect(turns).toEqual([...Array<number>(11).fill(0), 5, 10]);
    expect(limit.take('bob', 0) && limit.turn('bob', 1, 0)).toBe(0);
    expect(limit.take('alice', 60_000) && limit.turn('alice', 1, 60_000)).toBe(0);
  });

  it('gives a thousand tasks that were taken at once their turns within ten seconds, however low the rate', () => {
    const limit = new RateLimit(1);
    limit.takeMore('alice', 1_000, 0);
    let now = 0;
    for (let part = 0; part < 100; part++) now += limit.turn('alice', 10, now);
    expect(now).toBeGreaterThan(9_000);
    expect(now).toBeLessThanOrEqual(10_000);
  });

  it('forgets whom it need not remember, however many there were', () => {
    const limit = new RateLimit(1);
    for (let index = 0; index < 10_000; index++) limit.take(`owner ${index}`, 0);
    limit.take('late', 500);
    expect(limit.take('owner 0', 500)).toBe(false);
    limit.take('later', 2_000);
    expect(limit).toMatchObject({ buckets: { size: 1 } });
  });
});
