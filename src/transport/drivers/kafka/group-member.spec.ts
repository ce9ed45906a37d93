import { jest } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { PartitionLanes } from '../partition-lanes.js';
import { GroupMember } from './group-member.js';

/** A member whose kafkajs consumer does nothing but what `hear` says that it did. */
function silentMember(): { member: GroupMember; hear: (event: string) => void } {
  const listeners = new Map<string, (event: object) => void>();
  const done = (): Promise<void> => Promise.resolve();
  const client = {
    consumer: () => ({
      events: { GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', FETCH: 'fetch' },
      on: (event: string, listener: (event: object) => void) => listeners.set(event, listener),
      connect: done,
      subscribe: done,
      run: done,
    }),
  } as unknown as Kafka;
  const member = new GroupMember(client, {
    group: 'g',
    topics: [],
    sessionTimeoutMs: 10_000,
    formerId: null,
    onBatch: done,
    lanes: new PartitionLanes(new AbortController().signal),
    log: () => undefined,
  });
  return { member, hear: (event) => listeners.get(event)?.({ payload: { memberId: 'm' } }) };
}

describe('a member of a group', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  // Found after `clock-step`, seeds 8 and 10, in which some dead letters were not read for two minutes.
  it.each([600_000, -1_200_000])('is as silent as before when the wall clock steps by %i ms', (step) => {
    const { member } = silentMember();
    const stepped = Date.now() + step;
    jest.spyOn(Date, 'now').mockReturnValue(stepped);
    expect(member.silence()).toBeGreaterThanOrEqual(0);
    expect(member.silence()).toBeLessThan(60_000);
  });

  // Found by `clock-step`, seed 5: the group had given the partitions to another, and both read them.
  it.each([
    ['join', 0],
    ['heartbeat', 0],
    ['fetch', 50_000],
  ])('has, after a %s, been silent for %i ms', (event, silence) => {
    const { member, hear } = silentMember();
    const later = performance.now() + 50_000;
    jest.spyOn(performance, 'now').mockReturnValue(later);
    hear(event);
    expect(Math.round(member.silence() / 1_000) * 1_000).toBe(silence);
  });
});
