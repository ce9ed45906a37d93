import type { ClaimLease } from '../dispatch.repository.js';
import type { Ask } from './share-out.js';

/** What a compute worker asks for. */
export interface ClaimRequest extends Ask {
  lease: ClaimLease;
  /** How long to wait while there is nothing; 0 for not at all. */
  waitSeconds: number;
}

/** A task that somebody has got, under a lease. */
export interface Claim {
  taskId: string;
  attempt: number;
  type: string;
  /** JSON text as it was sent. */
  payload: string;
  leaseExpiresAt: string;
  expiresAt: Date;
}

/** The claim as workers see it (`/openapi.json`), as JSON text. */
export function claimText({ taskId, attempt, type, payload, leaseExpiresAt, expiresAt }: Claim): string {
  const head = JSON.stringify({ taskId, attempt, type, leaseExpiresAt, expiresAt });
  return `${head.slice(0, -1)},"payload":${payload}}`;
}
