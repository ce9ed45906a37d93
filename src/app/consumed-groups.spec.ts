import { ConfigError } from '../config/config.js';
import { loadConfig } from '../config/load-config.js';
import { loadTaskTypes } from '../task-types/load-task-types.js';
import { TaskTypes } from '../task-types/task-types.js';
import { consumedGroups } from './consumed-groups.js';

const OF_TASKS = ['topic-task-request-dlq', 'topic-task-result-dlq'];

/** What the dead letter listener reads with this setting; tasks travel through the default's topics unless `claimed`. */
function deadLetters(DLQ_TOPICS: string, claimed = false): ReturnType<typeof consumedGroups>[string] {
  const config = loadConfig({ KAFKA_BROKERS: 'a:1', DLQ_TOPICS });
  const types = loadTaskTypes(null, 'kafka');
  const ofClaims = new TaskTypes(types.all().map((type) => ({ ...type, delivery: 'claim' })));
  const groups = consumedGroups(config, claimed ? ofClaims : types);
  expect(groups.results === undefined).toBe(claimed);
  const group = groups['dead-letters'];
  if (!group) throw new Error('nothing reads dead letters');
  return group;
}

describe('what the dead letter listener reads', () => {
  it("is the tasks' own topics, without DLQ_TOPICS", () => {
    expect(deadLetters('')).toEqual({ group: 'taskwire-dead-letters', topics: OF_TASKS });
  });

  it('is those and the topics that DLQ_TOPICS names, each once', () => {
    expect(deadLetters('orders.DLT,topic-task-result-dlq').topics).toEqual([...OF_TASKS, 'orders.DLT']);
  });

  it('is what DLQ_TOPICS names alone, where no task travels through topics', () => {
    expect(deadLetters('orders.DLT', true).topics).toEqual(['orders.DLT']);
  });

  it.each([
    ['*.DLT', 'orders.DLT', true],
    ['*.DLT', 'ordersxDLT', false],
    ['*.DLT', 'orders.DLT.old', false],
    ['error.*.billing', 'error.orders.billing', true],
    ['a,error.*', 'error.', true],
    ['*', '__consumer_offsets', false],
    ['*', 'anything', true],
  ])('with DLQ_TOPICS=%s, %s: %s', (setting, topic, read) => {
    expect(deadLetters(setting).matching?.(topic)).toBe(read);
  });

  it.each(['topic-task-request', 'topic-task-result'])('is never what tasks travel through: %s', (topic) => {
    expect(deadLetters('topic-*').matching?.(topic)).toBe(false);
    expect(() => deadLetters(`orders.DLT,${topic}`)).toThrow(
      new ConfigError(`DLQ_TOPICS: tasks travel through ${topic}`),
    );
  });
});
