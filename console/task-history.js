import { element, textElement } from './element.js';

/** @import { FollowHandle, Taskwire, TaskEvent } from '../clients/js/taskwire.js' */

/** The events of one task, as they happen. */
export class TaskHistory {
  #taskwire;
  #title = element('watched', HTMLParagraphElement);
  #list = element('events', HTMLOListElement);
  #trouble = element('trouble', HTMLParagraphElement);
  #taskId = '';
  #cursor = 0;
  /** Null when the task has ended. @type {FollowHandle | null} */
  #following = null;

  /** @param {Taskwire} taskwire */
  constructor(taskwire) {
    this.#taskwire = taskwire;
  }

  /**
   * Shows another task's history from its beginning.
   *
   * @param {string} taskId
   */
  show(taskId) {
    this.#following?.stop();
    this.#taskId = taskId;
    this.#cursor = 0;
    this.#title.textContent = taskId;
    this.#list.replaceChildren();
    this.#follow();
  }

  /**
   * A task of the list may be ours, and may have come alive again since it ended.
   *
   * @param {{ id: string, seq: number }} task
   */
  notice({ id, seq }) {
    if (id === this.#taskId && seq > this.#cursor && !this.#following) this.#follow();
  }

  #follow() {
    const following = this.#taskwire.follow(
      this.#taskId,
      (event) => {
        this.#add(event);
      },
      {
        after: this.#cursor,
      },
    );
    this.#following = following;
    this.#trouble.textContent = '';
    following.ended
      .catch((/** @type {unknown} */ error) => {
        if (this.#following === following) this.#trouble.textContent = /** @type {Error} */ (error).message;
      })
      .finally(() => {
        if (this.#following === following) this.#following = null;
      });
  }

  /** @param {TaskEvent} event */
  #add({ seq, type, status, attempt, at, data, exact }) {
    this.#cursor = seq;
    const item = document.createElement('li');
    item.dataset.seq = String(seq);
    const name = textElement('strong', type);
    name.dataset.status = status;
    const time = textElement('time', new Date(at).toLocaleTimeString());
    time.dateTime = at;
    item.append(`${seq} `, name, attempt > 1 ? ` attempt ${attempt} ` : ' ', time);
    if (Object.keys(data).length > 0) item.append(textElement('pre', JSON.stringify(data, null, 2)));
    if (exact === false) item.append(this.#exactLink(seq));
    this.#list.append(item);
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  /** @param {number} seq */
  #exactLink(seq) {
    const link = textElement('a', 'Numbers are rounded here; see the exact text');
    link.href = `/v1/tasks/${encodeURIComponent(this.#taskId)}/events?after=${seq - 1}&limit=1`;
    return link;
  }
}
