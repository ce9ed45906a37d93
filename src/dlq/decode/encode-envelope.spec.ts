import { contractJudge } from '../../../test/support/contract-examples.js';
import type { DeadLetterReading } from './dead-letter-reading.js';
import { type DeadLetterCopy, encodeEnvelope } from './encode-envelope.js';
import { readDeadLetter } from './read-dead-letter.js';

const ROOM = 1_000_000;
const { id, ...letter }: DeadLetterCopy = {
  id: '0193c2f4-8a5b-7cde-9f01-23456789abcd',
  original: { topic: 'topic-task-result', partition: 2, offset: 9007199254740991, timestamp: 1732242000500 },
  key: Buffer.from([0x00, 0xff]),
  value: Buffer.from('{"fileId":9007199254740993,"text":"\\u0000 grün"}'),
  headers: { one: Buffer.from('1'), twice: [Buffer.from('a'), Buffer.from([0xff])] },
  error: { type: 'RecordError', message: 'no status', stack: 'at …', code: 'status_missing' },
  attempts: 1,
  group: 'taskwire-results',
  taskId: '0193c2f4-8a5b-7cde-9f01-000000000000',
  failedAt: new Date('2026-11-22T02:20:00.250Z'),
  truncated: false,
};
const bare: DeadLetterReading = {
  ...letter,
  original: { topic: null, partition: null, offset: null, timestamp: null },
  key: null,
  value: null,
  headers: {},
  error: { type: 'LeaseLost', message: 'no sign of life', stack: null, code: null },
  attempts: null,
  group: null,
  taskId: null,
  failedAt: null,
};

describe('encodeEnvelope', () => {
  it.each([
    ['that is complete', letter],
    ['of which little is known', bare],
    ['whose value is not UTF-8', { ...letter, value: Buffer.from([0xff, 0xfe, 0x00]) }],
    ['whose value was cut before', { ...letter, truncated: true }],
  ])('writes a letter %s so that it reads the same again', (_, one) => {
    expect(roundTrip(one, ROOM)).toEqual(one);
  });

  it.each([letter, bare])('keeps to the contract', (one) => {
    const faults = contractJudge('dead-letter.schema.json');
    expect(faults(encodeEnvelope({ ...one, id }, ROOM).value)).toEqual([]);
  });

  it('bears the id of the letter in the header by which our own listener passes it over', () => {
    expect(encodeEnvelope({ ...letter, id }, ROOM).headers['taskwire-dead-letter-id']).toBe(id);
  });

  it.each([
    ['plain text', 'x'.repeat(5000), 1],
    ['characters of several bytes', 'ü😀'.repeat(1000), 4],
    ['characters that have to be escaped', '"\\\n\0'.repeat(1000), 6],
    ['bytes that are not text', Buffer.alloc(5000, 0xff), 4],
    ['bytes that begin as text', Buffer.concat([Buffer.alloc(5000), Buffer.from([0xff])]), 6],
  ])('cuts %s to fill the room that there is, and marks it', (_, content, slack) => {
    const value = Buffer.from(content);
    for (let maxBytes = 2000; maxBytes < 2020; maxBytes++) {
      const { value: text } = encodeEnvelope({ ...letter, value, id }, maxBytes);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
      const reading = roundTrip({ ...letter, value }, maxBytes);
      expect(reading).toEqual({
        ...letter,
        value: value.subarray(0, reading.value?.length),
        truncated: true,
      });
      expect(Buffer.byteLength(text)).toBeGreaterThan(maxBytes - slack);
    }
  });

  it('lets go of key, headers and stack, too, when they leave no room', () => {
    const huge = { ...letter, headers: { big: Buffer.alloc(5000, 'h') } };
    expect(roundTrip(huge, 2000)).toEqual({
      ...letter,
      key: null,
      value: Buffer.alloc(0),
      headers: {},
      error: { ...letter.error, stack: null },
      truncated: true,
    });
  });
});

function roundTrip(one: DeadLetterReading, maxBytes: number): DeadLetterReading {
  const { value } = encodeEnvelope({ ...one, id }, maxBytes);
  const coordinates = { topic: 'topic-task-result-dlq', partition: 0, offset: 0, timestamp: 0 };
  return readDeadLetter({ ...coordinates, key: null, value: Buffer.from(value), headers: {} });
}
