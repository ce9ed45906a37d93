import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { SlowReading } from './slow-reading.js';

beforeEach(() => {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function countingReading(options: { keepFor: number }) {
  let reads = 0;
  const read = () => Promise.resolve((reads += 1));
  return new SlowReading(read, { name: 'a number', timeLimit: 1_000, ...options });
}

describe('SlowReading', () => {
  it('reads once for all who ask while it is fresh', async () => {
    const reading = countingReading({ keepFor: 60_000 });
    expect(await Promise.all([reading.get(), reading.get()])).toEqual([1, 1]);
    expect(await reading.get()).toBe(1);
  });

  it('reads again once it is stale', async () => {
    const reading = countingReading({ keepFor: 0 });
    expect([await reading.get(), await reading.get()]).toEqual([1, 2]);
  });

  it('gives null for what fails or hangs', async () => {
    const options = { name: 'a number', timeLimit: 10, keepFor: 60_000 };
    expect(await new SlowReading(() => Promise.reject(new Error('no')), options).get()).toBeNull();
    expect(await new SlowReading(() => new Promise(() => undefined), options).get()).toBeNull();
  });
});
