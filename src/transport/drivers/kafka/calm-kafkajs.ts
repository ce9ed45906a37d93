import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
let calm = false;

/**
 * Lets kafkajs' connections sleep while they have nothing to send. In 2.2.4 every connection that was ever used sets
 * itself a timer in the past (Node makes that 1 ms, and from 24 on warns of it) to look for requests that wait, over and
 * over: a dozen idle connections cost a tenth of a core. Whatever makes a request wait sets that timer by itself.
 * Global to kafkajs; twice is harmless.
 */
export function calmKafkajs(): void {
  if (calm) return;
  calm = true;
  RequestQueue.prototype.scheduleCheckPendingRequests = function (): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
