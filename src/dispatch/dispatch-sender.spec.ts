import { Metrics } from '../observability/metrics.js';
import { loadTaskTypes } from '../task-types/load-task-types.js';
import type { OutgoingRecord, PublishResult, Transport } from '../transport/transport.js';
import { DispatchSender } from './dispatch-sender.js';
import type { Refusals } from './refusals.js';
import type { LeasedDispatch, SendLeaseRepository, SentMark } from './send-lease.repository.js';
import type { SentMarks } from './sent-marks.js';
import type { TopicKeeper } from './topic-keeper.js';

const TOPIC = 'topic-task-request';

describe('DispatchSender', () => {
  it('sends nothing after what its topic did not take, although the topic takes it again', async () => {
    const published: string[] = [];
    const givenUp: string[] = [];
    const sent: string[] = [];
    const answers: PublishResult['outcome'][] = ['durable', 'topic-not-writable', 'durable'];
    const publish = (records: OutgoingRecord[]): Promise<PublishResult[]> => {
      const outcome = answers.shift() ?? 'durable';
      published.push(...records.map(({ headers }) => String(headers?.['taskwire-task-id'])));
      return Promise.resolve(
        records.map(() =>
          outcome === 'topic-not-writable'
            ? { outcome, error: new Error('no leader') }
            : { outcome: 'durable' },
        ),
      );
    };
    const repository = {
      heldBy: (all: LeasedDispatch[]) => Promise.resolve(new Set(all.map(({ taskId }) => taskId))),
      giveUp: (dispatches: LeasedDispatch[]) =>
        Promise.resolve(void givenUp.push(...dispatches.map(({ taskId }) => taskId))),
      markSent: (marks: SentMark[]) => Promise.resolve(void sent.push(...marks.map(({ taskId }) => taskId))),
    };
    const keeper = { written: () => undefined, notWritable: () => undefined };
    const sender = new DispatchSender(
      repository as unknown as SendLeaseRepository,
      {} as Refusals,
      { add: () => undefined } as unknown as SentMarks,
      loadTaskTypes(null, 'kafka'),
      keeper as unknown as TopicKeeper,
      new Metrics(),
      { publish } as unknown as Transport,
      'this process',
    );
    const now = performance.now();

    await sender.send(TOPIC, ['1', '2', '3', '4'].map(large), { takenAt: now, sendUntil: now + 60_000 });

    expect(published).toEqual(['1', '2']);
    expect(sent).toEqual(['1']);
    expect(givenUp).toEqual(['2', '3', '4']);
  });
});

/** One that is a part of its own. */
function large(taskId: string): LeasedDispatch {
  return {
    taskId,
    attempt: 1,
    type: 'default',
    orderingKey: 'a key',
    expiresAt: new Date(),
    payload: JSON.stringify({ text: 'x'.repeat(600_000) }),
    traceparent: null,
    record: null,
  };
}
