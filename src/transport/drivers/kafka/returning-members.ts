import { PartitionAssigners, type Assigner, type PartitionAssigner } from 'kafkajs';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

/** An assigner that carries the name under which its consumer was known to the group, and is told the one that it has. */
type Carrier = Assigner & { formerMemberId?: string | null; named?: Named };

/** Told, after each attempt to join, under which name the group knows the consumer now, or null. */
type Named = (memberId: string | null) => void;

const { joinAndSync } = ConsumerGroup.prototype;
let patched = false;

/**
 * The usual assigner for a consumer that takes the place of one that has crashed. A broker that was away comes back with
 * the members that it knew, and holds up every rebalance until each of them has joined again or its session is over: a
 * new consumer is a stranger to it, and waits for its own ghost. Under the old name it is expected. A name that the group
 * knows no more is refused, and kafkajs joins as a stranger then. Whoever was let in, and lost the connection before it had its
 * partitions, has a name as well: kafkajs tells of those only that have partitions.
 */
export function returningAs(memberId: string | null, named: Named): PartitionAssigner {
  patch();
  return (config) =>
    Object.assign(PartitionAssigners.roundRobin(config), { formerMemberId: memberId, named });
}

/** kafkajs has no way to give a name; a consumer's assigners are what comes through to where it joins. */
function patch(): void {
  if (patched) return;
  patched = true;
  ConsumerGroup.prototype.joinAndSync = async function (): Promise<void> {
    const assigners = this.assigners as Carrier[];
    for (const assigner of assigners) {
      this.memberId ??= assigner.formerMemberId ?? null;
      // Once: if it is lost later, it is lost.
      assigner.formerMemberId = null;
    }
    try {
      await joinAndSync.call(this);
    } finally {
      for (const { named } of assigners) named?.(this.memberId);
    }
  };
}
