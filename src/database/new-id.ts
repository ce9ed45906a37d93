import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Random bytes for many ids: to draw 16 at a time costs more than the rest of an id. */
const random = Buffer.allocUnsafe(16 * 256);
let used = random.length;

/** The last id's time, in milliseconds, and its place among those of that millisecond. */
let msecs = 0;
let seq = 0;

/** A new id (UUIDv7), greater than all that this process has made before. */
export function newId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const own = random.subarray(used, (used += 16));
  const now = Date.now();
  // The first of a millisecond starts in the lower half of what the field holds, so that there is room for more.
  seq = now > msecs ? own.readUInt32BE(6) >>> 1 : seq + 1;
  msecs = Math.max(now, msecs);
  return v7({ random: own, msecs, seq });
}
