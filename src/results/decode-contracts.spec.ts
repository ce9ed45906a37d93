import {
  type ContractExample,
  contractExamples,
  contractJudge,
} from '../../test/support/contract-examples.js';
import { REQUEST_HEADERS } from '../dispatch/request-record.js';
import { canonical } from '../json/canonical.js';
import { members, objectText } from '../json/members.js';
import type { RecordErrorCode } from './record-error.js';

interface Refused {
  error: RecordErrorCode;
}
type ResultExample = ContractExample<object>;

const results = contractExamples<object>(/^results-/);
const isRefused = (example: ResultExample): example is ContractExample<Refused> => 'error' in example.expect;
/** Of what these say, a schema of the value can know. */
const SCHEMA_CODES: RecordErrorCode[] = [
  'not_an_object',
  'status_missing',
  'status_unknown',
  'attempt_invalid',
];

describe('the contracts', () => {
  const faultsOfResult = contractJudge('result.schema.json');
  const faultsOfRequest = contractJudge('request.schema.json');
  const faultsOfDeadLetter = contractJudge('dead-letter.schema.json');

  it.each(results.filter((example) => !isRefused(example)))('describe the result: $name', ({ record }) => {
    expect(faultsOfResult(record.value)).toEqual([]);
  });

  it.each(
    results.filter(isRefused).filter(({ record, expect: { error } }) => {
      return SCHEMA_CODES.includes(error) && record.headers[REQUEST_HEADERS.attempt] === undefined;
    }),
  )('exclude the value: $name', ({ record }) => {
    expect(faultsOfResult(record.value)).not.toEqual([]);
  });

  it('have an example of every code that a record alone can earn', () => {
    const shown = new Set(results.filter(isRefused).map((example) => example.expect.error));
    const all: Record<
      Exclude<RecordErrorCode, 'result_too_large' | 'unknown_task' | 'correlation_ambiguous'>,
      true
    > = {
      value_missing: true,
      invalid_utf8: true,
      invalid_json: true,
      not_an_object: true,
      task_id_missing: true,
      status_missing: true,
      status_unknown: true,
      attempt_invalid: true,
    };
    expect([...shown].sort()).toEqual(Object.keys(all).sort());
  });

  it.each(
    contractExamples<{ taskId: string; type: string; attempt: number; expiresAt: string; payload: string }>(
      /^requests/,
    ),
  )('describe the request: $name', ({ record, expect: { taskId, type, attempt, expiresAt, payload } }) => {
    expect(faultsOfRequest(record.value)).toEqual([]);
    expect(canonical(record.value as string)).toBe(
      canonical(objectText([['taskId', JSON.stringify(taskId)], ...members(payload)])),
    );
    expect(record.headers).toMatchObject({
      [REQUEST_HEADERS.taskId]: taskId,
      [REQUEST_HEADERS.type]: type,
      [REQUEST_HEADERS.attempt]: String(attempt),
      [REQUEST_HEADERS.expiresAt]: expiresAt,
    });
  });

  it.each([
    'the whole envelope',
    'an envelope without its optional fields',
    'bytes that are not UTF-8, and a value that was cut',
  ])('describe the dead letter: %s', (name) => {
    const example = contractExamples(/^dead-letters/).find((candidate) => candidate.name === name);
    expect(faultsOfDeadLetter(example?.record.value ?? null)).toEqual([]);
  });
});
