import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

const { heartbeat } = ConsumerGroup.prototype;
let steady = false;

/**
 * Has consumers send their heartbeats also after the wall clock was set back. kafkajs 2.2.4 waits for an interval since
 * its last one by `Date.now()`: after a step back it sends none for as long as the step was, the group gives its
 * partitions to others, and it reads on beside them. Global to kafkajs; twice is harmless.
 */
export function steadyHeartbeats(): void {
  if (steady) return;
  steady = true;
  ConsumerGroup.prototype.heartbeat = function (options): Promise<void> {
    // The last one was in the future; the next is due.
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return heartbeat.call(this, options);
  };
}
