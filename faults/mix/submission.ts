import { randomUUID } from 'node:crypto';
import { CLAIM_DEEDS, TOPIC_DEEDS } from '../workers/answers.js';
import type { Random } from './random.js';

/** What a client sends; the nonce is also its idempotency key. */
export interface Submission {
  type: string;
  payload: { nonce: string; deed: string; orderingKey: string | null };
  orderingKey?: string;
  delaySeconds?: number;
}

const SCHEDULED = 0.1;

/** Some task of one of the types. */
export function someSubmission(
  random: Random,
  types: readonly string[],
  orderingKey: string | null = null,
): Submission {
  const type = random.pick(types);
  const deeds = type === 'claimed' ? CLAIM_DEEDS : TOPIC_DEEDS;
  const drawn = random.pick<string>(deeds);
  // All behind a keyed one that dies wait for its lease.
  const deed = drawn === 'die' && orderingKey !== null && random.chance(0.8) ? 'succeed' : drawn;
  return {
    type,
    payload: { nonce: randomUUID(), deed, orderingKey },
    ...(orderingKey === null
      ? random.chance(SCHEDULED) && { delaySeconds: random.between(1, 4) }
      : { orderingKey }),
  };
}

/** A task that ends as soon as it can. */
export function plainSubmission(type: string, orderingKey: string | null = null): Submission {
  const payload = { nonce: randomUUID(), deed: 'succeed', orderingKey };
  return { type, payload, ...(orderingKey !== null && { orderingKey }) };
}
