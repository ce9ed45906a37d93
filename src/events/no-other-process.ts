import type { HintChannel } from './hint-channel.js';

/** The channel of a process that shares its database with no other: nothing to hint at, nothing to miss. */
export class NoOtherProcess implements HintChannel {
  readonly isConnected = true;

  listen(): void {}

  send(): void {}
}
