import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { TaskTypes } from '../task-types/task-types.js';
import type { DispatchSender } from './dispatch-sender.js';
import type { Lease } from './lease.js';
import type { LeasedDispatch } from './send-lease.repository.js';

/** How long a round waits for its sends; slower ones go on beside the next rounds, which leave their topics out. */
const SLOW_MS = 1_000;

/** Sends to several topics side by side, so that one that is slow holds back its own dispatches only. */
export class TopicSends {
  private readonly logger = new Logger(TopicSends.name);
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly sender: DispatchSender,
    private readonly taskTypes: TaskTypes,
  ) {}

  /** Those of the types whose topics nothing is being sent to. */
  free(types: readonly string[]): string[] {
    return types.filter((type) => !this.underWay.has(this.taskTypes.orDefault(type).requestTopic));
  }

  /** Sends dispatches of topics that are free. Resolves when they are settled, or after a second. Never rejects. */
  async send(dispatches: readonly LeasedDispatch[], lease: Lease): Promise<void> {
    if (dispatches.length === 0) return;
    const sends = [...this.byTopic(dispatches)].map(([topic, group]) => this.sendTo(topic, group, lease));
    const settled = new AbortController();
    const slow = sleep(SLOW_MS, undefined, { signal: settled.signal }).catch(() => undefined);
    await Promise.race([Promise.all(sends), slow]);
    settled.abort();
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    await Promise.all(this.underWay.values());
  }

  private sendTo(topic: string, dispatches: readonly LeasedDispatch[], lease: Lease): Promise<void> {
    const send = this.sender
      .send(topic, dispatches, lease)
      .catch((err: unknown) => {
        this.logger.warn({ message: 'Tasks wait for their topic', topic, tasks: dispatches.length, err });
      })
      .finally(() => this.underWay.delete(topic));
    this.underWay.set(topic, send);
    return send;
  }

  private byTopic(dispatches: readonly LeasedDispatch[]): Map<string, LeasedDispatch[]> {
    const groups = new Map<string, LeasedDispatch[]>();
    for (const dispatch of dispatches) {
      const topic = this.taskTypes.orDefault(dispatch.type).requestTopic;
      const group = groups.get(topic);
      if (group) group.push(dispatch);
      else groups.set(topic, [dispatch]);
    }
    return groups;
  }
}
