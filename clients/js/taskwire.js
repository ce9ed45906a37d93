import { streamInto } from './event-stream.js';
import { Following } from './following.js';
import { passes, refusal, TaskwireError } from './taskwire-error.js';

export { TaskwireError };

/** @import * as Api from './taskwire.d.ts' */
/** @typedef {{ ok: true, task: Api.Task } | { ok: false, error: { code: string, message: string } }} Answer */

/** Before a subscription that was refused for a while is tried again, in milliseconds. */
const PAUSE = 1_000;

/** @implements {Api.Taskwire} */
export class Taskwire {
  #url;
  #token;
  #io;
  /** @type {Api.TaskwireSocket | null} */
  #socket = null;
  /** Whether there ever was a connection: then sockets get through, and a lost one comes back. */
  #socketsWork = false;
  /** What is followed, and what ends its stream, if it has one. @type {Map<Following, AbortController | null>} */
  #followings = new Map();

  /** @param {Api.TaskwireOptions} [options] */
  constructor({ url = globalThis.location.origin, token, io } = {}) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
    this.#io = io;
  }

  /**
   * @param {object | string} payload
   * @param {Api.SubmitOptions} [options]
   * @returns {Promise<Api.Task>}
   */
  async submit(payload, { idempotencyKey, ...fields } = {}) {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    JSON.parse(text); // or text that is not JSON could say more than a payload
    const rest = JSON.stringify(fields).slice(1);
    const task = await this.request('/v1/tasks', {
      method: 'POST',
      body: `{"payload":${text}${rest === '}' ? '' : ','}${rest}`,
      headers: {
        'content-type': 'application/json',
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
    });
    return /** @type {Api.Task} */ (task);
  }

  /**
   * @param {string} path
   * @param {RequestInit} [init]
   * @returns {Promise<unknown>}
   */
  async request(path, init = {}) {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(await this.#credentials())) headers.set(name, value);
    const response = await fetch(this.#url + path, { ...init, headers });
    if (!response.ok) throw await refusal(response);
    return response.json();
  }

  /**
   * @param {string} taskId
   * @param {(event: Api.TaskEvent) => void} listener
   * @param {Api.FollowOptions} [options]
   * @returns {Api.FollowHandle}
   */
  follow(taskId, listener, { after = 0 } = {}) {
    const following = new Following(taskId.toLowerCase(), listener, after);
    this.#followings.set(following, null);
    following.signal.addEventListener('abort', () => {
      this.#leave(following);
    });
    const socket = (this.#socket ??= this.#connect());
    if (socket?.connected) this.#subscribe(following);
    else if (!socket?.active) this.#stream(following);
    return {
      ended: following.ended,
      stop: () => {
        following.finish(null);
      },
    };
  }

  #connect() {
    const socket = this.#io?.(this.#url, {
      forceNew: true,
      auth: (send) => {
        void this.#currentToken()
          .catch(() => undefined) // then it is the server that refuses
          .then((token) => {
            send(token === undefined ? {} : { token });
          });
      },
    });
    if (!socket) return null;
    socket.on('connect', () => {
      this.#socketsWork = true;
      for (const following of this.#followings.keys()) this.#subscribe(following);
    });
    socket.on('connect_error', () => {
      if (this.#socketsWork && socket.active) return;
      for (const following of this.#followings.keys()) this.#stream(following);
    });
    socket.on('disconnect', () => {
      if (this.#socket === socket && !socket.active) socket.connect();
    });
    socket.on('task', (/** @type {Api.TaskEvent} */ event) => {
      for (const following of this.#of(event.taskId)) following.take(event);
    });
    return socket;
  }

  /** @param {Following} following */
  #subscribe(following) {
    if (following.signal.aborted || !this.#socket?.connected) return;
    const { taskId } = following;
    // To the server, all followings of a task are one subscription.
    const after = Math.min(...this.#of(taskId).map(({ cursor }) => cursor));
    this.#socket.emit('subscribe', { taskId, after }, (/** @type {Answer} */ answer) => {
      if (answer.ok) {
        this.#followings.get(following)?.abort();
        following.begin(answer.task);
      } else if (passes(answer.error.code)) {
        setTimeout(() => {
          this.#subscribe(following);
        }, PAUSE);
      } else {
        following.fail(new TaskwireError(answer.error.code, answer.error.message));
      }
    });
  }

  /** @param {Following} following */
  #stream(following) {
    if (this.#followings.get(following)?.signal.aborted === false) return;
    const streaming = new AbortController();
    this.#followings.set(following, streaming);
    void streamInto(following, {
      url: `${this.#url}/v1/tasks/${encodeURIComponent(following.taskId)}/stream`,
      headers: () => this.#credentials(),
      signal: AbortSignal.any([following.signal, streaming.signal]),
    });
  }

  /** @param {Following} following */
  #leave(following) {
    this.#followings.delete(following);
    const { taskId } = following;
    if (this.#socket?.connected && this.#of(taskId).length === 0)
      this.#socket.emit('unsubscribe', { taskId });
    if (this.#followings.size > 0) return;
    const socket = this.#socket;
    this.#socket = null; // first, or it would connect again
    socket?.disconnect();
  }

  /** @param {string} taskId */
  #of(taskId) {
    return [...this.#followings.keys()].filter((following) => following.taskId === taskId);
  }

  async #currentToken() {
    return typeof this.#token === 'function' ? this.#token() : this.#token;
  }

  /** @returns {Promise<Record<string, string>>} */
  async #credentials() {
    const token = await this.#currentToken();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }
}
