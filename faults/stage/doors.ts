import { setTimeout as pause } from 'node:timers/promises';

/** A process that is frozen answers nothing: a client tries elsewhere after this, in milliseconds. */
const ANSWER_MS = 10_000;
const PAUSE_MS = 200;

/** Who has had no answer for so long will not get one: longer than any fault lasts, in milliseconds. */
const PATIENCE_MS = 180_000;

/** An answer of a web process. */
export interface Said {
  status: number;
  json: unknown;
}

/** The web processes as a client with a list of addresses sees them. */
export class Doors {
  constructor(readonly urls: readonly string[]) {}

  /** The address of one; after the last comes the first. */
  url(door: number): string {
    return this.urls[door % this.urls.length] ?? '';
  }

  /** Asks one of them once. Rejects when there is no answer. */
  async ask(door: number, path: string, token: string, body?: object, headers: object = {}): Promise<Said> {
    const response = await fetch(`${this.url(door)}${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  }

  /** Asks one after the other, again and again, until one gives an answer that is final: not 5xx, not 429. Rejects after three minutes. */
  async insist(
    door: number,
    path: string,
    token: string,
    body?: object,
    headers: object = {},
  ): Promise<Said> {
    const end = performance.now() + PATIENCE_MS;
    for (let turn = door; performance.now() < end; turn++) {
      const said = await this.ask(turn, path, token, body, headers).catch(() => null);
      if (said && said.status < 500 && said.status !== 429) return said;
      await pause(PAUSE_MS);
    }
    throw new Error(`${path} was not answered for three minutes`);
  }
}
