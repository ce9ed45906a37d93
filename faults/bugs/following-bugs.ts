import type { Bug } from './bug.js';

/** Mistakes in telling people about tasks. */
export const FOLLOWING_BUGS: Bug[] = [
  {
    name: 'gaps-let-through',
    about: 'a follower is given any newer event, not only the next one',
    file: 'events/cursor.ts',
    find: 'event.seq > this.place + 1 || ',
    replace: '',
    fault: 'none',
  },
  {
    name: 'repeats-let-through',
    about: 'a follower is given events that it has seen',
    file: 'events/cursor.ts',
    find: 'if (this.closed || (this.place !== null && event.seq <= this.place)) return;',
    replace: 'if (this.closed) return;',
    fault: 'none',
  },
  {
    name: 'no-replay',
    about: 'following begins with what happens next, whatever was missed',
    file: 'events/following.ts',
    find: 'cursor.start(after ?? task.seq);',
    replace: 'cursor.start(task.seq);',
    fault: 'none',
  },
  {
    name: 'behind-passed-over',
    about: 'a hint, and the comparison with the database, pass over the followers that are behind',
    file: 'events/followers.ts',
    find: 'if (cursor.seq !== null && cursor.seq >= seq) continue;',
    replace: 'if (cursor.seq !== null && cursor.seq < seq) continue;',
    fault: 'none',
  },
  {
    name: 'last-event-id-ignored',
    about: 'a stream that is opened again begins anew',
    file: 'gateway/task-events.controller.ts',
    find: 'stream.open(id.toLowerCase(), Number(lastEventId ?? after), ()',
    replace: 'stream.open(id.toLowerCase(), 0, ()',
    fault: 'kill-web',
  },
  {
    name: 'owners-not-compared',
    about: 'a task is shown to whoever knows its id',
    file: 'tasks/task.repository.ts',
    find: 'AND ($2::text IS NULL OR t.owner = $2)`',
    replace: 'AND ($2::text IS NULL OR true)`',
    fault: 'none',
  },
  {
    name: 'everybody-hears-all',
    about: 'who follows all of an owner’s tasks is told of everybody’s',
    file: 'events/own-tasks.ts',
    find: 'const followings = this.followings.get(event.owner);',
    replace: 'const followings = [...this.followings.values()][0];',
    fault: 'none',
  },
];
