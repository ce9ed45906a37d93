import { TaskwireError } from '../clients/js/taskwire.js';
import { element } from './element.js';

/** Asks for a token when Taskwire wants one. It is kept here, in the page's memory, and nowhere else. */
export class TokenField {
  /** @type {string | undefined} */
  #token;
  /** Resolves when the token that is asked for is given. @type {Promise<void> | null} */
  #given = null;
  #section = element('access', HTMLElement);
  #form = element('access-form', HTMLFormElement);
  #input = element('token', HTMLInputElement);
  #reason = element('access-reason', HTMLParagraphElement);

  /** The last one that was given. */
  get token() {
    return this.#token;
  }

  /**
   * Makes a call; while it is refused because valid credentials are missing, asks for a token and makes it again.
   *
   * @template T
   * @param {() => Promise<T>} call
   */
  async granted(call) {
    for (;;) {
      const used = this.#token;
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof TaskwireError) || error.code !== 'unauthorized') throw error;
        // A late refusal of the token before says nothing of this one.
        if (used === this.#token) await this.#ask(error.message);
      }
    }
  }

  /** @param {string} reason */
  #ask(reason) {
    this.#section.hidden = false;
    this.#reason.textContent = reason;
    // Whoever is typing elsewhere goes on there.
    if (document.activeElement === document.body) this.#input.focus();
    this.#given ??= new Promise((resolve) => {
      this.#form.addEventListener(
        'submit',
        (event) => {
          event.preventDefault();
          this.#take();
          resolve();
        },
        { once: true },
      );
    });
    return this.#given;
  }

  #take() {
    this.#token = this.#input.value.trim();
    this.#given = null;
    this.#input.value = '';
    this.#reason.textContent = '';
    this.#section.hidden = true;
  }
}
