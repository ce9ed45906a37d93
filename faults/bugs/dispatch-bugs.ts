import type { Bug } from './bug.js';

/** Mistakes in handing tasks out. */
export const DISPATCH_BUGS: Bug[] = [
  {
    name: 'sent-before-published',
    about: 'dispatches are marked as sent before they are published',
    file: 'dispatch/dispatch-sender.ts',
    find: 'const results = await this.publish(dispatches);',
    replace: 'await this.markSent(dispatches); const results = await this.publish(dispatches);',
    fault: 'broker-kill',
  },
  {
    name: 'unsent-forgotten',
    about: 'what the fast path did not send is sent by nobody',
    file: 'dispatch/relay.ts',
    find: 'await this.unsent.send(taken, { takenAt, sendUntil: takenAt + SENDING_MS });',
    replace: 'takenAt + SENDING_MS;',
    fault: 'none',
  },
  {
    name: 'timers-asleep',
    about: 'scheduled tasks never become due',
    file: 'dispatch/timers.ts',
    find: "if (state === 'scheduled') return { kind: 'due' };",
    replace: "if (state === 'scheduled') return { kind: 'timed-out', attempt: 0 };",
    fault: 'none',
  },
  {
    name: 'lost-leases-kept',
    about: 'the lease of a worker that died never ends',
    file: 'dispatch/timers.ts',
    find: "return { kind: isLease ? 'lease-lost' : 'timed-out', attempt };",
    replace: "return { kind: isLease ? 'lease-lost' : 'timed-out', attempt: attempt - 1 };",
    fault: 'none',
  },
  {
    name: 'keys-backwards',
    about: 'of several tasks with one key the newest is sent first',
    file: 'dispatch/send-lease.repository.ts',
    find: 'ORDER BY taken.ordering_number`;',
    replace: 'ORDER BY taken.ordering_number DESC`;',
    fault: 'broker-kill',
  },
];
