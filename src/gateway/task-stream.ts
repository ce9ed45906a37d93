import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Caller } from '../auth/caller.js';
import { whenExpired } from '../auth/when-expired.js';
import { eventText, type RecordedEvent } from '../events/event.js';
import type { Followers } from '../events/followers.js';
import type { Following } from '../events/following.js';
import type { Dismissal, Reader } from '../events/reader.js';
import { whenGone } from '../http/gone-signal.js';
import type { TaskView } from '../tasks/task-response.js';
import { isOpen } from '../tasks/task-state.js';
import { withExactness } from './exact-numbers.js';
import { oncePerEvent } from './once-per-event.js';

/** How often a comment line shows that the stream lives, in milliseconds. */
const COMMENT_INTERVAL = 15_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies of the nginx kind would hold events back.
  'x-accel-buffering': 'no',
};

/** The event as the stream has it. Workers may send JSON over several lines, and an event's data has only one. */
const chunk = oncePerEvent((event) =>
  Buffer.from(
    `event: task\nid: ${event.seq}\ndata: ${withExactness(eventText(event)).replace(/[\r\n]+/g, ' ')}\n\n`,
  ),
);

/** One task's events as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class TaskStream implements Reader {
  private readonly raw: ServerResponse;
  private readonly following: Following;
  private comments: NodeJS.Timeout | undefined;
  private readonly stopClock: () => void;
  /** The newest event when the stream began: an end before it was not the last word. */
  private newest = 0;

  /** Throws `unavailable` when this process is about to end. */
  constructor(
    followers: Followers,
    caller: Caller,
    private readonly reply: FastifyReply,
  ) {
    this.raw = reply.raw;
    this.following = followers.join(this);
    this.raw.on('drain', () => {
      this.following.drained();
    });
    this.stopClock = whenExpired(caller, () => {
      this.dismiss('expired');
    });
    whenGone(reply, () => {
      this.leave();
    });
  }

  /**
   * Streams the events after `after`, up to one that ends the task; answers 204 if there will be none. Rejects with what
   * `read` throws, before anything was sent. Resolves when the stream has begun.
   */
  open(taskId: string, after: number, read: () => Promise<TaskView>): Promise<void> {
    return this.following.follow(taskId, {
      after,
      read,
      acknowledge: (task) => {
        this.begin(task, after);
      },
    });
  }

  emit(event: RecordedEvent): void {
    this.raw.write(chunk(event));
    if (isOpen(event.status) || event.seq < this.newest) return;
    this.leave();
    this.raw.end();
  }

  unread(): number {
    return this.raw.writableLength;
  }

  dismiss(reason: Dismissal): void {
    this.leave();
    if (reason === 'too_slow' || !this.raw.headersSent) this.raw.destroy();
    else this.raw.end();
  }

  private begin({ seq, status }: TaskView, after: number): void {
    if (!isOpen(status) && seq <= after) {
      this.leave();
      void this.reply.status(204).send();
      return;
    }
    this.newest = seq;
    this.reply.hijack();
    for (const [name, value] of Object.entries({ ...this.reply.getHeaders(), ...HEADERS })) {
      if (value !== undefined) this.raw.setHeader(name, value);
    }
    if (this.reply.request.method === 'HEAD') {
      this.leave();
      this.raw.end();
      return;
    }
    this.raw.flushHeaders();
    this.comments = setInterval(() => this.raw.write(':\n\n'), COMMENT_INTERVAL);
  }

  private leave(): void {
    clearInterval(this.comments);
    this.stopClock();
    this.following.leave();
  }
}
