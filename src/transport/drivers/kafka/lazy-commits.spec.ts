import { jest } from '@jest/globals';
import { LazyCommits, type Commit } from './lazy-commits.js';

function position(partition: number, offset: string) {
  return { topic: 't', partition, offset };
}

describe('LazyCommits', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('commits the newest positions of all partitions in one request, a little later', async () => {
    const commit = jest.fn<Commit>().mockResolvedValue();
    const commits = new LazyCommits();
    commits.note(position(0, '5'), commit);
    commits.note(position(1, '7'), commit);
    commits.note(position(0, '6'), commit);
    expect(commit).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(500);
    const partitions = [
      { topic: 't', partition: 0, offset: '6' },
      { topic: 't', partition: 1, offset: '7' },
    ];
    expect(commit.mock.calls).toEqual([
      [{ topics: [{ topic: 't', partitions: partitions.map(withoutTopic) }] }],
    ]);
  });

  it('tries again what could not be committed, unless there is something newer', async () => {
    const commit = jest.fn<Commit>().mockResolvedValue().mockRejectedValueOnce(new Error('no coordinator'));
    const commits = new LazyCommits();
    commits.note(position(0, '5'), commit);
    commits.note(position(1, '7'), commit);
    const first = commits.flush();
    commits.note(position(1, '8'), commit);
    await first;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(commit).toHaveBeenCalledTimes(2);
    expect(commit.mock.calls[1]?.[0].topics[0]?.partitions).toEqual([
      { partition: 0, offset: '5' },
      { partition: 1, offset: '8' },
    ]);
  });

  it('commits nothing that was noted before the partitions were given out anew', async () => {
    const commit = jest.fn<Commit>().mockResolvedValue().mockRejectedValueOnce(new Error('too late'));
    const commits = new LazyCommits();
    commits.note(position(0, '5'), commit);
    const failing = commits.flush();
    commits.discard();
    await failing;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(commit).toHaveBeenCalledTimes(1);
  });
});

function withoutTopic({ partition, offset }: ReturnType<typeof position>) {
  return { partition, offset };
}
