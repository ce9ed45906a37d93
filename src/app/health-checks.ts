import type { RecordGuards } from '../consuming/record-guards.js';
import type { TopicKeeper } from '../dispatch/topic-keeper.js';
import type { EventBus } from '../events/event-bus.js';
import type { HealthCheck } from '../health/health-registry.js';
import type { TransportServer } from '../transport/transport-server.js';

/** Whether records can flow to our listeners. */
export function listenersCheck(server: TransportServer, required: boolean): HealthCheck {
  return {
    name: 'listeners',
    required,
    check: () => {
      const failed = server.states().filter(({ state }) => state.status === 'failed');
      if (failed.length === 0) return Promise.resolve({ status: 'ok' });
      return Promise.resolve({
        status: 'failed',
        detail: `Not reading: ${failed.map(({ pattern }) => pattern).join(', ')}.`,
      });
    },
  };
}

/** Whether what our listeners read can be processed; if not, a producer has probably changed its format. */
export function recordsCheck(guards: RecordGuards): HealthCheck {
  return {
    name: 'records',
    required: false,
    check: () => {
      const details = guards
        .all()
        .flatMap(({ name, share, alarming, paused }) => [
          ...(alarming
            ? [`Of what ${name} read in the last minute, ${percent(share)} cannot be processed.`]
            : []),
          ...(paused ? [`The listener of ${name} is paused: too many dead letters.`] : []),
        ]);
      if (details.length === 0) return Promise.resolve({ status: 'ok' });
      return Promise.resolve({ status: 'degraded', detail: details.join(' ') });
    },
  };
}

/** Whether all topics can be written. Tasks of those that cannot wait; others go on. */
export function topicsCheck(topicKeeper: TopicKeeper): HealthCheck {
  return {
    name: 'topics',
    required: false,
    check: () => {
      const names = [...topicKeeper.notWritableTopics().keys()];
      if (names.length === 0) return Promise.resolve({ status: 'ok' });
      return Promise.resolve({ status: 'degraded', detail: `Cannot be written: ${names.join(', ')}.` });
    },
  };
}

/** Whether hints between processes flow. Without them, events arrive later, but arrive. */
export function eventBusCheck(bus: EventBus): HealthCheck {
  return {
    name: 'event-bus',
    required: false,
    check: () =>
      Promise.resolve(
        bus.isConnected ? { status: 'ok' } : { status: 'degraded', detail: 'Events may take up to 3 s.' },
      ),
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
