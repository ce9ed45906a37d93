import type { RecordedEvent } from './event.js';

/** Why a reader is sent away: it took nothing for too long, this process ends, or its credentials have ended. */
export type Dismissal = 'too_slow' | 'shutdown' | 'expired';

/** Who sees the events: a socket, a stream, a request that waits. */
export interface Reader {
  /** Takes an event. Must not throw, nor wait. */
  emit(event: RecordedEvent): void;
  /** How many bytes the other side has not taken yet. Asked before each event, so it must be cheap. */
  unread(): number;
  /** Ends the connection, so that the other side may come again. Nothing is emitted after it. */
  dismiss(reason: Dismissal): void;
}
