import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { loadTaskTypes } from '../task-types/load-task-types.js';
import type { TopicSpec, Transport } from '../transport/transport.js';
import { TopicKeeper } from './topic-keeper.js';

const TOPIC = 'topic-task-request';

describe('TopicKeeper', () => {
  /** Which topics were ensured at which time, in milliseconds from the start. */
  let ensured: { at: number; names: string[] }[];
  /** Why topics cannot be made. */
  let failures: Map<string, string>;
  /** Topics that do not exist. */
  let vanished: Set<string>;
  let keeper: TopicKeeper;

  beforeEach(async () => {
    jest.useFakeTimers();
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const start = Date.now();
    ensured = [];
    failures = new Map();
    vanished = new Set();
    const ensure = (specs: TopicSpec[]) => {
      const names = specs.map(({ name }) => name);
      ensured.push({ at: Date.now() - start, names });
      const failed = names.flatMap((name) => {
        const reason = failures.get(name);
        return reason === undefined ? [] : [{ name, error: new Error(reason) }];
      });
      return Promise.resolve(failed);
    };
    const describe = (names: string[]) =>
      Promise.resolve(names.filter((name) => !vanished.has(name)).map((name) => ({ name, partitions: 3 })));
    const transport = { topics: { ensure, describe } } as unknown as Transport;
    keeper = new TopicKeeper(transport, loadTaskTypes(null, 'kafka'));
    keeper.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(1);
    ensured.length = 0;
  });

  afterEach(async () => {
    await keeper.onModuleDestroy();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const times = (): number[] => ensured.map(({ at }) => at);

  it('ensures all topics at the start, and then none', async () => {
    expect(keeper.notWritableTopics().size).toBe(0);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ensured).toEqual([]);
  });

  it('ensures a topic again after 0.5 s that cannot be written, and holds back its own tasks until then', async () => {
    keeper.notWritable(TOPIC, 'no leader');
    expect([...keeper.notWritableTopics()]).toEqual([[TOPIC, 'no leader']]);
    expect(keeper.sendableTypes()).toEqual([]);
    expect(keeper.isWritable('topic-task-result-dlq')).toBe(true);
    await jest.advanceTimersByTimeAsync(499);
    expect(keeper.isWritable(TOPIC)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(ensured).toMatchObject([{ names: [TOPIC] }]);
    expect(keeper.sendableTypes()).toEqual(['default']);
  });

  it('ensures all others once, too, where one has vanished, and holds none of them back', async () => {
    vanished.add(TOPIC);
    failures.set(TOPIC, 'not authorised');
    keeper.notWritable(TOPIC, 'does not exist');
    await jest.advanceTimersByTimeAsync(1_500);
    const [first, second, third] = ensured.map(({ names }) => names);
    expect([first, third]).toEqual([[TOPIC], [TOPIC]]);
    expect(second).toEqual(expect.arrayContaining(['topic-task-result', 'topic-task-result-dlq']));
    expect([...keeper.notWritableTopics().keys()]).toEqual([TOPIC]);
  });

  it('waits twice as long each time, up to 2 s, while a topic cannot be made', async () => {
    failures.set(TOPIC, 'not authorised');
    keeper.notWritable(TOPIC, 'missing');
    await jest.advanceTimersByTimeAsync(10_000);
    const gaps = times().map((time, index) => time - (times()[index - 1] ?? 1));
    expect(gaps).toEqual([500, 1_000, 2_000, 2_000, 2_000, 2_000]);
    expect(keeper.notWritableTopics().get(TOPIC)).toBe('not authorised');
  });

  it('waits twice as long each time, too, for one that is there and yet cannot be written', async () => {
    for (const wait of [500, 1_000, 2_000]) {
      keeper.notWritable(TOPIC, 'not enough replicas');
      await jest.advanceTimersByTimeAsync(wait - 1);
      expect(keeper.isWritable(TOPIC)).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(keeper.isWritable(TOPIC)).toBe(true);
    }
  });

  it('forgets how long it waited once the topic was written', async () => {
    for (let times = 0; times < 4; times++) {
      keeper.notWritable(TOPIC, 'no leader');
      await jest.advanceTimersByTimeAsync(5_000);
    }
    keeper.written(TOPIC);
    keeper.notWritable(TOPIC, 'no leader');
    await jest.advanceTimersByTimeAsync(500);
    expect(keeper.isWritable(TOPIC)).toBe(true);
  });

  it('stops with the application', async () => {
    keeper.notWritable(TOPIC, 'no leader');
    await keeper.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ensured).toEqual([]);
  });
});
