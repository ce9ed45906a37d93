import { hash } from 'node:crypto';
import type { Recognizer } from './authenticator.js';
import type { Identity } from './caller.js';
import { secondsLeft } from './when-expired.js';

/** How long a token is believed without another look, in milliseconds: so long its key may be gone, at the most. */
const FRESH_MS = 1_000;

/** How many tokens are remembered at the most. */
const MOST = 10_000;

/**
 * Remembers for a second whom a token speaks of, so that who floods with one token is not worth a verification for each
 * request. Of a token only its hash is kept, never beyond its end, and what was refused is looked at anew.
 */
export class RecentlyRecognized implements Recognizer {
  private readonly known = new Map<string, Promise<Identity | null>>();
  private forgetAt = 0;

  constructor(private readonly recognizer: Recognizer) {}

  async recognize(token: string): Promise<Identity | null> {
    const now = performance.now();
    if (now >= this.forgetAt || this.known.size >= MOST) {
      this.known.clear();
      this.forgetAt = now + FRESH_MS;
    }
    const name = hash('sha256', token, 'base64');
    const known = this.known.get(name);
    const identity = known ? await known : null;
    if (identity && secondsLeft(identity) > 0) return identity;
    const recognized = (async () => this.recognizer.recognize(token))();
    this.known.set(name, recognized);
    recognized.catch(() => this.known.delete(name));
    return recognized;
  }
}
