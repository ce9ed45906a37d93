/** What packages leave without types, as far as it is used. */
declare module 'kafkajs-snappy' {
  const codec: () => object;
  export default codec;
}

declare module 'lz4js' {
  /** Reads an LZ4 frame. */
  export function decompress(data: Uint8Array): Uint8Array;
}

/** Not public; as it is in 2.2.4. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface PushedRequest {
    entry: {
      apiName: string;
      apiKey: number;
      apiVersion: number;
      correlationId: number;
      resolve(): void;
      reject(): void;
    };
    expectResponse: boolean;
    sendRequest(): void;
  }

  export default class RequestQueue {
    readonly pending: object[];
    constructor(options: {
      maxInFlightRequests: number;
      requestTimeout: number;
      clientId: string;
      broker: string;
      logger: object;
    });
    push(request: PushedRequest): void;
    fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
    maybeThrottle(ms: number): void;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
  }
}

/** Not public; as it is in 2.2.4. */
declare module 'kafkajs/src/consumer/consumerGroup.js' {
  export default class ConsumerGroup {
    /** The other options matter only to who has partitions. */
    constructor(options: {
      groupId: string;
      cluster: object;
      assigners: object[];
      logger: object;
      retry: object;
      topics: string[];
      instrumentationEmitter: object;
    });
    readonly assigners: object[];
    memberId: string | null;
    /** When it last sent a heartbeat, by `Date.now()`. */
    lastRequest: number;
    joinAndSync: (this: ConsumerGroup) => Promise<void>;
    heartbeat: (this: ConsumerGroup, options: { interval: number }) => Promise<void>;
  }
}
