import { contractExamples, exampleRecord } from '../../../test/support/contract-examples.js';
import { withoutDeadLetterHeaders } from './without-dead-letter-headers.js';

describe('withoutDeadLetterHeaders', () => {
  it.each(
    contractExamples<object>(/^dead-letters/).filter(({ name }) => /^(Spring|Kafka|a share)/.test(name)),
  )('leaves of the example only what the record itself had: $name', (example) => {
    const own = Object.keys(withoutDeadLetterHeaders(exampleRecord(example).headers));
    expect(own.filter((name) => name !== 'tenant')).toEqual([]);
  });

  it("drops the mark of Taskwire's own copies", () => {
    expect(withoutDeadLetterHeaders({ 'taskwire-dead-letter-id': Buffer.from('id') })).toEqual({});
  });

  it('keeps the headers of records, byte for byte, also those that look alike', () => {
    const headers = {
      tenant: [Buffer.from('north'), Buffer.from([0xff])],
      kafka_replyTopic: Buffer.from('answers'),
      'Kafka_dlt-original-topic': Buffer.from('a name of their own'),
      'taskwire-task-id': Buffer.from('id'),
      __proto__: Buffer.from('a name like any other'),
    };
    expect(withoutDeadLetterHeaders(headers)).toEqual(headers);
  });
});
