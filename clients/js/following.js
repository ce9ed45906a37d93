/** @import { TaskEvent, TaskStatus } from './taskwire.d.ts' */

/** @type {ReadonlySet<TaskStatus>} */
const TERMINAL = new Set(['succeeded', 'failed', 'dead_lettered', 'cancelled', 'expired']);

/**
 * One task that is followed, whatever brings its events: sources may come and go, overlap and repeat themselves, if only
 * each begins at the cursor or before.
 */
export class Following {
  /** The newest event that was there when the source began: an end before it was not the last word. */
  #newest = Infinity;
  /** @type {TaskEvent | null} */
  #last = null;
  #over = new AbortController();
  #listener;
  /** @type {(event: TaskEvent | null) => void} */
  #resolve = () => undefined;
  /** @type {(error: unknown) => void} */
  #reject = () => undefined;

  /** @type {Promise<TaskEvent | null>} */
  ended = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  /**
   * @param {string} taskId
   * @param {(event: TaskEvent) => void} listener
   * @param {number} cursor the `seq` of the last event that was seen
   */
  constructor(taskId, listener, cursor) {
    this.taskId = taskId;
    this.cursor = cursor;
    this.#listener = listener;
  }

  /** Aborts when it is over. */
  get signal() {
    return this.#over.signal;
  }

  /**
   * The server let us follow the task as it is now.
   *
   * @param {{ seq: number, status: TaskStatus }} task
   */
  begin({ seq, status }) {
    this.#newest = seq;
    if (TERMINAL.has(status) && this.cursor >= seq) this.finish(this.#last);
  }

  /**
   * Takes the next event. What was seen is passed over, and so is what comes too early: it was on its way when this
   * began, and comes again in its place.
   *
   * @param {TaskEvent} event
   */
  take(event) {
    if (this.signal.aborted || event.seq !== this.cursor + 1) return;
    this.cursor = event.seq;
    this.#last = event;
    try {
      this.#listener(event);
    } catch (error) {
      this.fail(error);
    }
    if (TERMINAL.has(event.status) && event.seq >= this.#newest) this.finish(event);
  }

  /** The source has nothing more: if the last event ended the task, that was the last word. */
  exhausted() {
    if (this.#last && TERMINAL.has(this.#last.status)) this.finish(this.#last);
  }

  /** @param {TaskEvent | null} event */
  finish(event = this.#last) {
    this.#resolve(event);
    this.#over.abort();
  }

  /** @param {unknown} error */
  fail(error) {
    this.#reject(error);
    this.#over.abort();
  }
}
