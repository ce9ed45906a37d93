import type { Config } from '../config/config.js';
import type { TaskTypes } from '../task-types/task-types.js';
import type { TransportRoutes } from '../transport/transport-server.js';

/** What the installation reads: for each logical pattern a consumer group and its topics; nothing without topics. */
export function consumedGroups({ transport }: Config, taskTypes: TaskTypes): TransportRoutes {
  if (transport.kind === 'none' || !usesTopics(taskTypes)) return {};
  const { groupPrefix } = transport;
  return {
    results: { group: `${groupPrefix}-results`, topics: namesOf(taskTypes.resultTopics()) },
    'dead-letters': { group: `${groupPrefix}-dead-letters`, topics: namesOf(taskTypes.deadLetterTopics()) },
  };
}

/** Whether any task travels through topics. Without one, nothing listens, relays or needs a broker. */
export function usesTopics(taskTypes: TaskTypes): boolean {
  return taskTypes.byDelivery('topic').length > 0;
}

function namesOf(topics: readonly { name: string }[]): string[] {
  return topics.map(({ name }) => name);
}
