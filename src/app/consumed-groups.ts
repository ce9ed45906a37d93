import { ConfigError, type Config } from '../config/config.js';
import type { TaskTypes } from '../task-types/task-types.js';
import type { TransportRoutes } from '../transport/transport-server.js';
import type { SubscribeOptions } from '../transport/transport.js';

/** What the installation reads: for each logical pattern a consumer group and its topics; nothing without topics. */
export function consumedGroups({ transport }: Config, taskTypes: TaskTypes): TransportRoutes {
  if (transport.kind === 'none') return {};
  const { groupPrefix, deadLetterTopics } = transport;
  const ofTasks = usesTopics(taskTypes);
  return {
    ...(ofTasks && {
      results: { group: `${groupPrefix}-results`, topics: namesOf(taskTypes.resultTopics()) },
    }),
    ...((ofTasks || deadLetterTopics.length > 0) && {
      'dead-letters': {
        group: `${groupPrefix}-dead-letters`,
        ...readAsDeadLetters(deadLetterTopics, taskTypes),
      },
    }),
  };
}

/** Whether any task travels through topics. Without one, nothing listens to answers or relays. */
export function usesTopics(taskTypes: TaskTypes): boolean {
  return taskTypes.byDelivery('topic').length > 0;
}

/** Whether a group reads a topic; no group reads none. */
export function isReadBy(group: TransportRoutes[string] | undefined): (topic: string) => boolean {
  return (topic) => group !== undefined && (group.topics.includes(topic) || group.matching?.(topic) === true);
}

/** The topics beside tasks' own; what tasks travel through is no dead letter, and what begins with `__` is Kafka's. */
function readAsDeadLetters(
  extra: readonly string[],
  taskTypes: TaskTypes,
): Pick<SubscribeOptions, 'topics' | 'matching'> {
  const traffic = new Set(namesOf([...taskTypes.requestTopics(), ...taskTypes.resultTopics()]));
  const names = extra.filter((name) => !name.includes('*'));
  const wrong = names.find((name) => traffic.has(name));
  if (wrong !== undefined) throw new ConfigError(`DLQ_TOPICS: tasks travel through ${wrong}`);
  const patterns = extra.filter((name) => name.includes('*')).map(globPattern);
  const topics = [...new Set([...namesOf(taskTypes.deadLetterTopics()), ...names])];
  if (patterns.length === 0) return { topics };
  const matching = (name: string): boolean =>
    !name.startsWith('__') && !traffic.has(name) && patterns.some((pattern) => pattern.test(name));
  return { topics, matching };
}

/** `*` stands for any characters, also none. */
function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`);
}

function namesOf(topics: readonly { name: string }[]): string[] {
  return topics.map(({ name }) => name);
}
