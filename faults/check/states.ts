/** A second reading of design's state table, not the application's own: one that is wrong there must not be right here. */
export const OPEN: ReadonlySet<string> = new Set(['scheduled', 'queued', 'running']);

const STEPS: Readonly<Record<string, { from: string; to: string }>> = {
  submitted: { from: 'nothing', to: 'queued scheduled' },
  queued: { from: 'scheduled', to: 'queued' },
  dispatched: { from: 'queued', to: 'queued' },
  running: { from: 'queued', to: 'running' },
  progress: { from: 'running', to: 'running' },
  succeeded: { from: 'queued running back-off', to: 'succeeded' },
  failed: { from: 'queued running back-off', to: 'failed' },
  retrying: { from: 'queued running failed dead_lettered expired', to: 'queued scheduled' },
  dead_lettered: { from: 'queued running', to: 'dead_lettered' },
  redriven: { from: 'dead_lettered', to: 'queued' },
  cancelled: { from: 'scheduled queued running', to: 'cancelled' },
  expired: { from: 'scheduled queued running', to: 'expired' },
};

/** From where a next attempt needs a person who wants it. */
const ENDS = new Set(['failed', 'dead_lettered', 'expired']);

const NEXT_ATTEMPT = new Set(['retrying', 'redriven']);

/** A step of a history, or where a task stands. */
export interface Place {
  type: string;
  status: string;
  attempt: number;
  data: { reason?: string } | null;
}

/** Whether the event may follow on the one before; `null` is the beginning. */
export function mayFollow(before: Place | null, event: Place): boolean {
  const step = STEPS[event.type];
  if (!step?.to.split(' ').includes(event.status)) return false;
  if (event.type === 'retrying' && (event.data?.reason === 'person') !== ENDS.has(before?.status ?? ''))
    return false;
  const attempt = (before?.attempt ?? 1) + (NEXT_ATTEMPT.has(event.type) ? 1 : 0);
  return event.attempt === attempt && placesOf(before).some((place) => step.from.split(' ').includes(place));
}

function placesOf(before: Place | null): string[] {
  if (!before) return ['nothing'];
  return before.status === 'scheduled' && before.attempt > 1 ? ['scheduled', 'back-off'] : [before.status];
}
