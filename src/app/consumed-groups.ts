import type { Config } from '../config/config.js';
import type { TaskTypes } from '../task-types/task-types.js';
import type { TransportRoutes } from '../transport/transport-server.js';

/** What the installation reads: for each logical pattern a consumer group and its topics. */
export function consumedGroups(
  { transport: { groupPrefix } }: Config,
  taskTypes: TaskTypes,
): TransportRoutes {
  return {
    results: { group: `${groupPrefix}-results`, topics: namesOf(taskTypes.resultTopics()) },
    'dead-letters': { group: `${groupPrefix}-dead-letters`, topics: namesOf(taskTypes.deadLetterTopics()) },
  };
}

function namesOf(topics: readonly { name: string }[]): string[] {
  return topics.map(({ name }) => name);
}
