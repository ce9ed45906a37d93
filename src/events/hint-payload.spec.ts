import { v7 } from 'uuid';
import { fromPayload, toPayloads } from './hint-payload.js';

describe('the payload of a hint', () => {
  it('brings every task id back, over as many payloads as it takes', () => {
    const taskIds = Array.from({ length: 1_000 }, () => v7());
    expect(toPayloads(taskIds).flatMap(fromPayload)).toEqual(taskIds);
  });

  it('stays below the 8000 bytes that PostgreSQL takes, and close to it', () => {
    const payloads = toPayloads(Array.from({ length: 1_000 }, () => v7()));
    expect(payloads).toHaveLength(3);
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
  });

  it('is none for no task', () => {
    expect(toPayloads([])).toEqual([]);
  });

  it('refuses what is not ours', () => {
    expect(() => fromPayload('hello')).toThrow();
  });
});
