import type { Dump } from '../history/dump.js';
import { ofKind, type Entry, type Followed } from '../history/entries.js';
import { eventsByTask } from './events-by-task.js';
import { OPEN } from './states.js';
import type { Violation } from './violation.js';

/** P7: every follower who is there saw each event once, in order, without a gap: a socket all, a stream up to an end. */
export function brokenFollowing(log: readonly Entry[], { events }: Dump): Violation[] {
  const history = log.slice(log.findLastIndex(({ kind }) => kind === 'left') + 1);
  const byTask = eventsByTask(events);
  const seen = new Map<string, number[]>();
  for (const { follower, taskId, seq } of ofKind(history, 'saw')) {
    const name = `${follower} ${taskId}`;
    seen.set(name, [...(seen.get(name) ?? []), seq]);
  }
  return ofKind(history, 'followed').flatMap((followed): Violation[] => {
    const { follower, taskId, after, channel } = followed;
    const seqs = seen.get(`${follower} ${taskId}`) ?? [];
    const path = byTask.get(taskId) ?? [];
    const isWhole = seqs.every((seq, index) => seq === after + index + 1);
    const last = seqs.at(-1) ?? after;
    if (isWhole && mayStopAt(followed, last, path)) return [];
    const what = `${follower} (${channel}) saw ${seqs.join(' ')} of ${taskId} after ${after}, which has ${path.length} events`;
    return [{ promise: 'P7', harm: 'missed', what }];
  });
}

function mayStopAt({ channel }: Followed, last: number, path: readonly { status: string }[]): boolean {
  if (last === path.length) return true;
  return channel === 'stream' && !OPEN.has(path[last - 1]?.status ?? 'queued');
}
