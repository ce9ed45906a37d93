import { passes, refusal, TaskwireError } from './taskwire-error.js';

/** @import { TaskEvent } from './taskwire.d.ts' */
/** @import { Following } from './following.js' */

/** Before the next try, in milliseconds. */
const PAUSE = 1_000;

/** A stream that says nothing for this long is dead, in milliseconds: the server sends a comment every 15 s. */
const SILENCE = 45_000;

/**
 * Feeds a following from server-sent events until the signal aborts: connects again after the last event that was seen.
 * Read by hand, because `EventSource` sends no headers, and Node 20 has none.
 *
 * @param {Following} following
 * @param {{ url: string, headers: () => Promise<Record<string, string>>, signal: AbortSignal }} where
 */
export async function streamInto(following, { url, headers, signal }) {
  while (!signal.aborted) {
    try {
      await readOnce(following, { url, headers, signal });
    } catch (error) {
      if (error instanceof TaskwireError && !passes(error.code)) following.fail(error);
    }
    await pause(signal);
  }
}

/** @type {typeof streamInto} */
async function readOnce(following, { url, headers, signal }) {
  const silence = new AbortController();
  const watch = () =>
    setTimeout(() => {
      silence.abort();
    }, SILENCE);
  let timer = watch();
  try {
    const response = await fetch(url, {
      headers: { ...(await headers()), 'last-event-id': String(following.cursor) },
      cache: 'no-store',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status === 204) following.finish();
    if (!response.ok) throw await refusal(response);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      clearTimeout(timer);
      timer = watch();
      const blocks = (text + part.value).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) takeBlock(following, block);
    }
    following.exhausted();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Following} following
 * @param {string} block lines up to an empty one: an event, or a comment
 */
function takeBlock(following, block) {
  const data = /^data: (.*)$/m.exec(block)?.[1];
  if (data === undefined) return;
  /** @type {TaskEvent} */
  const event = JSON.parse(data);
  following.take(event);
}

/** @param {AbortSignal} signal ends it early */
function pause(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined);
      return;
    }
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve(undefined);
    };
    const timer = setTimeout(over, PAUSE);
    signal.addEventListener('abort', over);
  });
}
