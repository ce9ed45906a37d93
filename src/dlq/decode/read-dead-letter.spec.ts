import fc from 'fast-check';
import { contractExamples, exampleRecord } from '../../../test/support/contract-examples.js';
import { encodeBytes, encodeHeaders } from '../../json/text-or-base64.js';
import type { DeliveredRecord } from '../../transport/transport.js';
import type { DeadLetterReading } from './dead-letter-reading.js';
import { readDeadLetter } from './read-dead-letter.js';

const PLACE: DeliveredRecord = {
  topic: 't-dlq',
  partition: 0,
  offset: 0,
  timestamp: 0,
  key: null,
  value: null,
  headers: {},
};

describe('readDeadLetter', () => {
  it.each(contractExamples<object>(/^dead-letters/))('reads the example: $name', (example) => {
    expect(asJson(readDeadLetter(exampleRecord(example)))).toEqual(example.expect);
  });

  it.each([
    ['a partition', { original: { partition: 2 ** 31 } }],
    ['an offset', { original: { offset: 2 ** 53 } }],
    ['a timestamp', { original: { timestamp: 8.64e15 } }],
    ['attempts', { attempts: 2 ** 31 }],
    ['a year', { failedAt: '-271821-04-20T00:00:00.000Z' }],
    ['a month', { failedAt: '2026-13-01T00:00:00.000Z' }],
  ])('leaves out %s that PostgreSQL could not store', (_, impossible) => {
    expect(readEnvelope(impossible)).toEqual(readEnvelope({}));
  });

  it('reads any envelope, whatever its fields hold', () => {
    const any = fc.jsonValue();
    const original = fc.record(
      { topic: any, offset: any, key: any, value: any, headers: any },
      { requiredKeys: [] },
    );
    const fields = fc.record({ original, taskId: any, error: any, failedAt: any }, { requiredKeys: [] });
    fc.assert(
      fc.property(fields, (envelope) => readEnvelope(envelope).error.type !== ''),
      { seed: 20261, numRuns: 200 },
    );
  });

  it('reads any record, whatever its headers hold', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const header = fc.oneof(bytes, fc.array(bytes, { maxLength: 3 }));
    const names = contractExamples<object>(/^dead-letters/).flatMap(({ record }) =>
      Object.keys(record.headers),
    );
    const headers = fc.dictionary(fc.constantFrom(...names), header);
    const record = fc.record({
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers,
      timestamp: fc.double(),
    });
    fc.assert(
      fc.property(record, (fields) => {
        const { key, value, headers: kept, original, attempts } = readDeadLetter({ ...PLACE, ...fields });
        expect({ key, value, headers: kept }).toEqual(pick(fields));
        expect(
          [original.partition ?? 0, original.offset ?? 0, attempts ?? 0].every(Number.isSafeInteger),
        ).toBe(true);
      }),
      { seed: 20262, numRuns: 300 },
    );
  });

  it('finds the root cause in a stack of a mebibyte that never ends', () => {
    const stack = Buffer.from(`a.b.Wrapped: ${'a.'.repeat(2 ** 19)}`);
    const headers = {
      'kafka_dlt-exception-fqcn': Buffer.from('a.b.Other'),
      'kafka_dlt-exception-stacktrace': stack,
    };
    expect(readDeadLetter({ ...PLACE, headers }).error.type).toBe('a.b.Wrapped');
  });

  it('keeps a record whose value is JSON nested without end', () => {
    const value = Buffer.from('['.repeat(100_000));
    expect(readRecord(value).value).toEqual(value);
  });
});

function readEnvelope(fields: object): DeadLetterReading {
  return readRecord(Buffer.from(JSON.stringify({ original: {}, error: 'boom', ...fields })));
}

function readRecord(value: Buffer): DeadLetterReading {
  return readDeadLetter({ ...PLACE, value });
}

function pick({ key, value, headers }: Pick<DeliveredRecord, 'key' | 'value' | 'headers'>): object {
  return { key, value, headers };
}

function asJson({ key, value, headers, failedAt, ...rest }: DeadLetterReading): object {
  return {
    ...rest,
    key: encodeBytes(key),
    value: encodeBytes(value),
    headers: encodeHeaders(headers),
    failedAt: failedAt?.toISOString() ?? null,
  };
}
