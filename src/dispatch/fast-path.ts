import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { GroupCommit } from '../database/group-commit.js';
import type { TaskType } from '../task-types/task-type.js';
import { DispatchRepository, type LeasedDispatch } from './dispatch.repository.js';
import { DispatchSender } from './dispatch-sender.js';
import { HOLDER } from './holder.js';
import { TopicKeeper } from './topic-keeper.js';

/** How long a process holds the dispatches that it has just accepted, from the insert on. */
export const LEASE_SECONDS = 10;

/** What waits to be sent at the most; a broker that is slow or away must not fill the memory. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** What one round sends at the most. */
const MAX_ROUND_BYTES = 2 * 1024 * 1024;

/** A record's headers, key and our own bookkeeping. */
const RECORD_BYTES = 1024;

/** How long after a failure new tasks are left to the relay, in milliseconds. */
const CLOSED_MS = 2_000;

interface Waiting {
  dispatch: LeasedDispatch;
  /** On the clock of `performance.now()`. */
  leaseStart: number;
}

/**
 * Publishes tasks right after their commit, in the process that accepted them, without being waited for. What it has
 * not sent when the lease is over it forgets: the relay has it by then.
 */
@Injectable()
export class FastPath implements BeforeApplicationShutdown {
  private readonly logger = new Logger(FastPath.name);
  private waitingBytes = 0;
  private closedUntil = 0;
  private readonly rounds = new GroupCommit<Waiting, undefined>({
    work: (round) => this.sendRound(round),
    maxWeight: MAX_ROUND_BYTES,
    weight: ({ dispatch }) => sizeOf(dispatch),
    // The next round is published while this one is being marked as sent.
    concurrency: 2,
  });

  constructor(
    private readonly sender: DispatchSender,
    private readonly dispatches: DispatchRepository,
    private readonly topicKeeper: TopicKeeper,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /** Whether new tasks of this type may be leased to it. Otherwise they are the relay's from the start. */
  isOpen(type: TaskType): boolean {
    return (
      this.waitingBytes < MAX_WAITING_BYTES &&
      performance.now() >= this.closedUntil &&
      this.topicKeeper.isWritable(type.requestTopic)
    );
  }

  /** Takes dispatches on whose leases, as of `leaseStart`, this process has. Returns at once. */
  send(dispatches: readonly LeasedDispatch[], leaseStart: number): void {
    for (const dispatch of dispatches) {
      this.waitingBytes += sizeOf(dispatch);
      this.rounds
        .add({ dispatch, leaseStart })
        .catch(() => undefined) // reported once a round
        .finally(() => {
          this.waitingBytes -= sizeOf(dispatch);
        })
        .catch(() => undefined);
    }
  }

  /** Sends what it still may before the transport is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.drained();
  }

  private async sendRound(round: Waiting[]): Promise<{ result: undefined }[]> {
    const open = performance.now() >= this.closedUntil;
    const leased = round
      .filter(({ leaseStart }) => performance.now() - leaseStart < LEASE_SECONDS * 1000)
      .map(({ dispatch }) => dispatch);
    try {
      if (open) await this.sender.send(leased);
      else await this.dispatches.giveUp(leased, this.holder, 0);
    } catch (error) {
      this.closedUntil = performance.now() + CLOSED_MS;
      this.logger.warn(`left ${leased.length} tasks to the relay: ${String(error)}`);
    }
    return round.map(() => ({ result: undefined }));
  }
}

function sizeOf({ payload }: LeasedDispatch): number {
  return payload.length + RECORD_BYTES;
}
