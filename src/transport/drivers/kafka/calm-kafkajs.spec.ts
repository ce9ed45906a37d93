import { jest } from '@jest/globals';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { calmKafkajs } from './calm-kafkajs.js';

const ignore = (): void => undefined;

/** A queue as a connection has it, which was used once; `inFlight` requests may wait for their answers at a time. */
function usedQueue(inFlight: number): { queue: RequestQueue; sent: number[] } {
  const logger = { debug: ignore, warn: ignore };
  const options = {
    maxInFlightRequests: inFlight,
    requestTimeout: 1_000,
    clientId: 'c',
    broker: 'b',
    logger,
  };
  const queue = new RequestQueue(options);
  const sent: number[] = [];
  for (const correlationId of [1, 2]) {
    queue.push({
      entry: { apiName: 'Any', apiKey: 0, apiVersion: 0, correlationId, resolve: ignore, reject: ignore },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  }
  return { queue, sent };
}

describe('calmKafkajs', () => {
  beforeEach(() => {
    calmKafkajs();
    calmKafkajs();
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('leaves no timer behind on a connection without waiting requests', () => {
    const { queue, sent } = usedQueue(2);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    queue.fulfillRequest({ correlationId: 2, payload: Buffer.alloc(0), size: 0 });
    expect(sent).toEqual([1, 2]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('still sends a request that had to wait', () => {
    const { queue, sent } = usedQueue(1);
    expect(sent).toEqual([1]);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    expect(sent).toEqual([1, 2]);
    jest.runOnlyPendingTimers();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('still sends a request that waits for the broker to take requests again', () => {
    const { queue, sent } = usedQueue(5);
    queue.maybeThrottle(500);
    queue.push({
      entry: { apiName: 'Any', apiKey: 0, apiVersion: 0, correlationId: 3, resolve: ignore, reject: ignore },
      expectResponse: true,
      sendRequest: () => sent.push(3),
    });
    jest.advanceTimersByTime(400);
    expect(sent).toEqual([1, 2]);
    jest.advanceTimersByTime(101);
    expect(sent).toEqual([1, 2, 3]);
  });
});
