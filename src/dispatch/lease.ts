/** How long this process may act for dispatches that it has taken; times on the clock of `performance.now()`. */
export interface Lease {
  /** From before the rows were written, so that it is never too late. */
  takenAt: number;
  /** No send begins after this: it has to be over, well or badly, before somebody else takes the dispatches. */
  sendUntil: number;
}
