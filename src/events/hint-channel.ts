/** What a channel of hints tells whoever listens. */
export interface HintListener {
  /** Another process wrote events of these tasks. */
  hinted(taskIds: string[]): void;
  /** The channel is there, for the first time or again: hints may have been missed. */
  connected(): void;
}

/** Carries hints between processes. Hints may get lost. */
export abstract class HintChannel {
  /** Whether hints come and go at the moment. */
  abstract readonly isConnected: boolean;
  /** Names the one who is told about other processes' hints. */
  abstract listen(listener: HintListener): void;
  /** Hints other processes at these tasks. Never throws, never waits. */
  abstract send(taskIds: Iterable<string>): void;
}
