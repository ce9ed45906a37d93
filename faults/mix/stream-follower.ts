import { setTimeout as pause } from 'node:timers/promises';
import type { History } from '../history/history.js';
import type { Doors } from '../stage/doors.js';
import type { Person } from './people.js';

/** A comment comes every 15 s: a stream that is silent for longer is dead, in milliseconds. */
const SILENCE_MS = 20_000;

const TERMINAL = new Set(['succeeded', 'failed', 'dead_lettered', 'cancelled', 'expired']);

/** Follows tasks by server-sent events, each with a connection of its own that is opened anew wherever it breaks. */
export class StreamFollower {
  private readonly stopping = new AbortController();
  private readonly following: Promise<void>[] = [];

  constructor(
    private readonly doors: Doors,
    private readonly history: History,
  ) {}

  /** Follows a task from its beginning to its first end that the stream tells. */
  follow(door: number, name: string, person: Person, taskId: string): void {
    this.following.push(this.run(door, name, person, taskId));
  }

  /** Leaves all that have not ended. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.following);
  }

  private async run(door: number, follower: string, person: Person, taskId: string): Promise<void> {
    const { owner } = person;
    let announced = false;
    const place = { seq: 0, ended: false };
    for (let turn = door; !place.ended && !this.stopping.signal.aborted; turn++) {
      const url = `${this.doors.url(turn)}/v1/tasks/${taskId}/stream`;
      try {
        for await (const { seq, status } of this.events(url, person.token, place.seq)) {
          if (!announced)
            this.history.record({ kind: 'followed', follower, owner, channel: 'stream', taskId, after: 0 });
          announced = true;
          this.history.record({ kind: 'saw', follower, owner, taskId, seq });
          place.seq = seq;
          place.ended = TERMINAL.has(status);
        }
      } catch {
        // The connection broke, or there was none.
      }
      await pause(100);
    }
  }

  private async *events(
    url: string,
    token: string,
    after: number,
  ): AsyncGenerator<{ seq: number; status: string }> {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      silence.abort();
    }, SILENCE_MS);
    try {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}`, 'last-event-id': String(after) },
        signal: AbortSignal.any([silence.signal, this.stopping.signal]),
      });
      if (response.status !== 200 || !response.body) return;
      let text = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        timer.refresh();
        const parts = (text + chunk).split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) {
          const data = /^data: (.*)$/m.exec(part)?.[1];
          if (data !== undefined) yield JSON.parse(data) as { seq: number; status: string };
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
