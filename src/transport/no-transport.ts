import {
  TransportUnavailableError,
  type GroupLag,
  type PublishResult,
  type Subscription,
  type TopicDescription,
  type Transport,
} from './transport.js';

/** What there is with `TRANSPORT=none`: no topics. Nobody should want to write or read any. */
export class NoTransport implements Transport {
  readonly topics = {
    ensure: (): Promise<[]> => Promise.resolve([]),
    list: (): Promise<TopicDescription[]> => Promise.resolve([]),
    describe: (): Promise<TopicDescription[]> => Promise.resolve([]),
    lag: (): Promise<GroupLag[]> => Promise.resolve([]),
  };

  publish(): Promise<PublishResult[]> {
    return Promise.reject(new TransportUnavailableError('There is no transport: TRANSPORT is none'));
  }

  subscribe(): Promise<Subscription> {
    return Promise.reject(new TransportUnavailableError('There is no transport: TRANSPORT is none'));
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
