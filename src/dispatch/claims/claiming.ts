import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { allDone } from '../../database/all-done.js';
import { transact } from '../../database/transaction.js';
import { EventBus } from '../../events/event-bus.js';
import type { RecordedEvent } from '../../events/event.js';
import { Metrics } from '../../observability/metrics.js';
import { TaskRepository } from '../../tasks/task.repository.js';
import { TaskWriter } from '../../tasks/task-writer.js';
import type { Claim, ClaimRequest } from './claim.js';
import { ClaimRepository, type ClaimableDispatch } from './claim.repository.js';
import { shareOut, wantedTypes } from './share-out.js';

/** How many tasks one round hands out at the most: 50 MiB if all payloads are as large as they may be. */
export const ROUND = 200;

interface Taken<R> {
  claims: Map<R, Claim[]>;
  events: RecordedEvent[];
}

/** Takes what is claimable for many who ask at the same time: the same few statements, however many they are. */
@Injectable()
export class Claiming {
  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatches: ClaimRepository,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
  ) {}

  /** What each of them gets; who gets nothing is not in the answer. The leases are durable when this resolves. */
  async claim<R extends ClaimRequest>(requests: readonly R[]): Promise<Map<R, Claim[]>> {
    const { claims, events } = await transact(this.dataSource, (manager) => this.take(manager, requests));
    this.bus.announce(events);
    for (const { type } of [...claims.values()].flat()) this.metrics.tasksClaimed.inc({ type });
    return claims;
  }

  private async take<R extends ClaimRequest>(
    manager: EntityManager,
    requests: readonly R[],
  ): Promise<Taken<R>> {
    const claimable = await this.dispatches.take(manager, wantedTypes(requests, ROUND));
    const shares = shareOut(requests, claimable.slice(0, ROUND));
    const facts = [...shares].flatMap(([{ lease }, share]) =>
      share.map(({ taskId, attempt }) => ({ taskId, fact: { kind: 'claimed', attempt, lease } as const })),
    );
    if (facts.length === 0) return { claims: new Map(), events: [] };
    const [{ events }, payloads] = await allDone([
      this.writer.apply(manager, facts, { skipLocked: true }),
      this.tasks.payloads(
        manager,
        facts.map(({ taskId }) => taskId),
      ),
    ]);
    const leases = leaseEnds(events);
    const claimed = (dispatch: ClaimableDispatch): Claim[] => {
      const [payload, leaseExpiresAt] = [payloads.get(dispatch.taskId), leases.get(dispatch.taskId)];
      return payload === undefined || leaseExpiresAt === undefined
        ? []
        : [{ ...dispatch, payload, leaseExpiresAt }];
    };
    const claims = [...shares].map(([request, share]) => [request, share.flatMap(claimed)] as const);
    return { claims: new Map(claims.filter(([, items]) => items.length > 0)), events };
  }
}

/** Until when each task is leased, by what its `dispatched` event says; who was being changed has none. */
function leaseEnds(events: readonly RecordedEvent[]): Map<string, string> {
  return new Map(
    events.flatMap(({ taskId, type, data }) => {
      if (type !== 'dispatched' || data === null) return [];
      return [[taskId, (JSON.parse(data) as { leaseExpiresAt: string }).leaseExpiresAt]];
    }),
  );
}
