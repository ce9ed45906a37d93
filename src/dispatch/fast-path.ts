import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { GroupCommit } from '../database/group-commit.js';
import type { TaskType } from '../task-types/task-type.js';
import { TaskTypes } from '../task-types/task-types.js';
import { DispatchSender, sizeOf } from './dispatch-sender.js';
import type { LeasedDispatch } from './send-lease.repository.js';
import { SentMarks } from './sent-marks.js';
import { TopicKeeper } from './topic-keeper.js';

/** How long a process holds the dispatches that it has just accepted, from the insert on. */
export const LEASE_SECONDS = 10;

/** What waits to be sent at the most; a broker that is slow or away must not fill the memory. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** What one round sends at the most. */
const MAX_ROUND_BYTES = 2 * 1024 * 1024;

interface Waiting {
  dispatch: LeasedDispatch;
  /** On the clock of `performance.now()`. */
  leaseStart: number;
}

type Rounds = GroupCommit<Waiting, undefined>;

/**
 * Publishes tasks right after their commit, in the process that accepted them, without being waited for. What it has
 * not sent when the lease is over it forgets: the relay has it by then. A topic that is slow holds up no other.
 */
@Injectable()
export class FastPath implements BeforeApplicationShutdown {
  private readonly logger = new Logger(FastPath.name);
  private readonly rounds = new Map<string, Rounds>();
  private waitingBytes = 0;

  constructor(
    private readonly sender: DispatchSender,
    private readonly sentMarks: SentMarks,
    private readonly topicKeeper: TopicKeeper,
    private readonly taskTypes: TaskTypes,
  ) {}

  /** Whether new tasks of this type may be leased to it. Otherwise they are the relay's from the start. */
  isOpen({ delivery, requestTopic }: TaskType): boolean {
    if (delivery === 'claim') return false;
    return this.waitingBytes < MAX_WAITING_BYTES && this.topicKeeper.isWritable(requestTopic);
  }

  /** Takes dispatches on whose leases, as of `leaseStart`, this process has. Returns at once. */
  send(dispatches: readonly LeasedDispatch[], leaseStart: number): void {
    for (const dispatch of dispatches) {
      const rounds = this.roundsOf(this.taskTypes.orDefault(dispatch.type).requestTopic);
      this.waitingBytes += sizeOf(dispatch);
      const done = (): void => {
        this.waitingBytes -= sizeOf(dispatch);
      };
      // A failure is reported once a round.
      rounds.add({ dispatch, leaseStart }).then(done, done);
    }
  }

  /** Sends what it still may before the transport is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.rounds.values()].map((rounds) => rounds.drained()));
    await this.sentMarks.drained();
  }

  private roundsOf(topic: string): Rounds {
    const known = this.rounds.get(topic);
    if (known) return known;
    const rounds: Rounds = new GroupCommit({
      work: (round) => this.sendRound(topic, round),
      maxWeight: MAX_ROUND_BYTES,
      weight: ({ dispatch }) => sizeOf(dispatch),
    });
    this.rounds.set(topic, rounds);
    return rounds;
  }

  private async sendRound(topic: string, round: Waiting[]): Promise<{ result: undefined }[]> {
    const takenAt = Math.min(...round.map(({ leaseStart }) => leaseStart));
    const lease = { takenAt, sendUntil: takenAt + LEASE_SECONDS * 1000 };
    try {
      await this.sender.send(
        topic,
        round.map(({ dispatch }) => dispatch),
        lease,
      );
    } catch (err) {
      this.logger.warn({ message: 'Tasks are left to the relay', topic, tasks: round.length, err });
    }
    return round.map(() => ({ result: undefined }));
  }
}
