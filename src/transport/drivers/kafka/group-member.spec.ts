import { jest } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { PartitionLanes } from '../partition-lanes.js';
import { GroupMember } from './group-member.js';

const done = (): Promise<void> => Promise.resolve();
const CLIENT = {
  consumer: () => ({ events: {}, on: () => undefined, connect: done, subscribe: done, run: done }),
} as unknown as Kafka;

describe('a member of a group', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  // Found after `clock-step`, seeds 8 and 10, in which some dead letters were not read for two minutes.
  it.each([600_000, -1_200_000])('is as silent as before when the wall clock steps by %i ms', (step) => {
    const member = new GroupMember(CLIENT, {
      group: 'g',
      topics: [],
      sessionTimeoutMs: 10_000,
      formerId: null,
      onBatch: done,
      lanes: new PartitionLanes(new AbortController().signal),
      log: () => undefined,
    });
    const stepped = Date.now() + step;
    jest.spyOn(Date, 'now').mockReturnValue(stepped);
    expect(member.silence()).toBeGreaterThanOrEqual(0);
    expect(member.silence()).toBeLessThan(60_000);
  });
});
