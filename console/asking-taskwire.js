import { Taskwire } from '../clients/js/taskwire.js';

/** @import { FollowHandle, FollowOptions, SubmitOptions, TaskEvent, TaskwireOptions } from '../clients/js/taskwire.js' */
/** @import { TokenField } from './token-field.js' */

/** The client, but what needs a token waits until the page's reader has given one, and then goes on. */
export class AskingTaskwire {
  #field;
  #taskwire;

  /**
   * @param {TokenField} field
   * @param {TaskwireOptions['io']} io
   */
  constructor(field, io) {
    this.#field = field;
    this.#taskwire = new Taskwire({ io, token: () => field.token });
  }

  /**
   * @param {object | string} payload
   * @param {SubmitOptions} [options]
   */
  submit(payload, options) {
    return this.#field.granted(() => this.#taskwire.submit(payload, options));
  }

  /**
   * @param {string} path
   * @param {RequestInit} [init]
   */
  request(path, init) {
    return this.#field.granted(() => this.#taskwire.request(path, init));
  }

  /**
   * @param {string} taskId
   * @param {(event: TaskEvent) => void} listener
   * @param {FollowOptions} [options]
   * @returns {FollowHandle}
   */
  follow(taskId, listener, { after = 0 } = {}) {
    let cursor = after;
    let stopped = false;
    /** @type {FollowHandle | undefined} */
    let following;
    const ended = this.#field.granted(async () => {
      if (stopped) return null;
      following = this.#taskwire.follow(
        taskId,
        (event) => {
          cursor = event.seq;
          listener(event);
        },
        { after: cursor },
      );
      return following.ended;
    });
    const stop = () => {
      stopped = true;
      following?.stop();
    };
    return { ended, stop };
  }
}
