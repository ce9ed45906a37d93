import fc from 'fast-check';
import { contractExamples, exampleRecord } from '../../test/support/contract-examples.js';
import { REQUEST_HEADERS } from '../dispatch/request-record.js';
import { canonical } from '../json/canonical.js';
import type { Report } from '../tasks/facts.js';
import type { TaskError } from '../tasks/task-state.js';
import { decodeResult, type DecodedResult } from './decode-result.js';
import { RecordError, type RecordErrorCode } from './record-error.js';

const examples = contractExamples<DecodedResult | { error: RecordErrorCode }>(/^results-/);
const good = examples.filter(({ expect }) => !('error' in expect));
const poison = examples.filter(({ expect }) => 'error' in expect);

describe('decodeResult', () => {
  it.each(good)('reads the example: $name', (example) => {
    expect(comparable(decodeResult(exampleRecord(example)))).toEqual(
      comparable(example.expect as DecodedResult),
    );
  });

  it.each(poison)('refuses the example: $name', (example) => {
    expect({ error: refusal(() => decodeResult(exampleRecord(example))).code }).toEqual(example.expect);
  });

  it('cuts the result out of the value as it came, character for character', () => {
    expect(resultOf('{"taskId":"1","status":"OK","a": [1.0,\t2e5 ],"b" :"\\u0041"}')).toBe(
      '{"a":[1.0,\t2e5 ],"b":"\\u0041"}',
    );
    expect(resultOf('{"taskId":"1","payload": { "status":"OK", "a":  1.0 } }')).toBe(
      '{ "status":"OK", "a":  1.0 }',
    );
  });

  it('reads a result that came over HTTP, without key and headers', () => {
    expect(decode('{"taskId":"1001","attempt":1,"status":"DONE","n":1}')).toEqual({
      taskId: '1001',
      key: null,
      headerTaskId: null,
      attempt: 1,
      report: { status: 'succeeded', result: '{"n":1}', message: null },
    });
  });

  it('finds no name of a task in a taskId that is neither text nor number', () => {
    for (const taskId of ['true', '{"id":"1001"}', '["1001"]', 'null']) {
      expect(refusal(() => decode(`{"taskId":${taskId},"status":"DONE"}`)).code).toBe('task_id_missing');
    }
  });

  it('takes a result of exactly 1 MiB, counted in bytes of UTF-8, and refuses one byte more', () => {
    const room = 1024 * 1024 - '{"v":"é"}'.length - 1;
    expect(Buffer.byteLength(resultOf(valueWith('x'.repeat(room))))).toBe(1024 * 1024);
    expect(refusal(() => decode(valueWith('x'.repeat(room + 1)))).code).toBe('result_too_large');
  });

  it('counts the payload as the result of a wrapped value, in size too', () => {
    const payload = `{"status":"DONE","v":"${'x'.repeat(1024 * 1024)}"}`;
    expect(refusal(() => decode(`{"taskId":"1","payload":${payload}}`)).code).toBe('result_too_large');
  });

  it('does not mind what a failure or a report carries besides', () => {
    const ballast = `"v":"${'x'.repeat(1024 * 1024)}"`;
    expect(decode(`{"taskId":"1","status":"FAILED",${ballast}}`).report.status).toBe('failed');
    expect(decode(`{"taskId":"1","status":"RUNNING",${ballast}}`).report.status).toBe('running');
  });

  it('finds a fault in a record or reads it, whatever it holds, and never fails otherwise', () => {
    const status = fc.constantFrom('DONE', 'FAILED', 'RUNNING', 'FINE', 1, null);
    const optional = {
      attempt: fc.jsonValue(),
      progress: fc.jsonValue(),
      message: fc.jsonValue(),
      error: fc.jsonValue(),
    };
    const envelope = fc.record({ taskId: fc.jsonValue(), status, ...optional }, { requiredKeys: [] });
    const wrapped = fc.record({ taskId: fc.string(), payload: fc.oneof(envelope, fc.jsonValue()) });
    const values = fc
      .oneof(envelope, wrapped, fc.jsonValue())
      .map((value) => Buffer.from(JSON.stringify(value)));
    fc.assert(
      fc.property(values, fc.option(fc.uint8Array()), (value, key) => {
        try {
          decodeResult({ key: key && Buffer.from(key), value, headers: {} });
        } catch (error) {
          expect(error).toBeInstanceOf(RecordError);
        }
      }),
      { seed: 20261, numRuns: 500 },
    );
  });

  it('tells what is wrong in words that can be stored, whatever the record holds', () => {
    expect(refusal(() => decode('\0')).message).toMatch(/^The value is not JSON: [^\0]+$/);
    expect(refusal(() => decode('{"taskId":"1","status":"a\\u0000"}')).message).not.toContain('\0');
    expect(
      refusal(() => decode(`{"taskId":"1","status":"${'x'.repeat(5000)}"}`)).message.length,
    ).toBeLessThan(200);
  });
});

describe('a record that is refused', () => {
  it.each<[RecordErrorCode, string, string | null]>([
    ['value_missing', 'The record has no value.', null],
    ['not_an_object', 'The value is JSON, but not an object.', '["1","DONE"]'],
    ['task_id_missing', 'Neither the value nor the key or a header names a task.', '{"status":"DONE"}'],
    ['status_missing', 'The value has no status.', '{"taskId":"1"}'],
    ['status_missing', 'The value has no status.', '{"taskId":"1","status":null}'],
    ['status_unknown', 'No known status: "FINE"', '{"taskId":"1","status":"FINE"}'],
    ['status_unknown', 'No known status: 1', '{"taskId":"1","status":1}'],
    ['attempt_invalid', 'No attempt: 0', '{"taskId":"1","status":"DONE","attempt":0}'],
  ])('as %s is told: %s (%s)', (code, message, value) => {
    const refused = refusal(() =>
      decodeResult({ key: null, value: value === null ? null : Buffer.from(value), headers: {} }),
    );
    expect([refused.code, refused.message]).toEqual([code, message]);
  });

  it('as no UTF-8, or as no JSON, is told so, with the parser’s reason', () => {
    const noText = refusal(() => decodeResult({ key: null, value: Buffer.from([0xff]), headers: {} }));
    expect([noText.code, noText.message]).toEqual(['invalid_utf8', 'The value is not UTF-8.']);
    const noJson = refusal(() => decode('{"taskId":'));
    expect(noJson.message).toMatch(/^The value is not JSON: SyntaxError: .+$/);
    expect(String(noJson.cause)).toMatch(/^SyntaxError/);
  });

  it('as too large is told by how much', () => {
    const value = valueWith('x'.repeat(1024 * 1024 - '{"v":"é"}'.length));
    expect(refusal(() => decode(value)).message).toBe('The result has 1048577 bytes, the limit is 1048576.');
  });

  it('for its attempt is told no more of it than fits a line', () => {
    const value = `{"taskId":"1","status":"DONE","attempt":"${'9'.repeat(5000)}"}`;
    expect(refusal(() => decode(value)).message).toHaveLength('No attempt: '.length + 100);
  });
});

describe('an attempt', () => {
  const attemptOf = (attempt: string): number | null =>
    decode(`{"taskId":"1","status":"DONE","attempt":${attempt}}`).attempt;

  it.each([
    ['1', 1],
    ['"1"', 1],
    ['"12"', 12],
    ['2147483647', 2147483647],
    ['"2147483647"', 2147483647],
    ['null', null],
  ])('is a whole number from 1 on, or its digits: %s', (text, attempt) => {
    expect(attemptOf(text)).toBe(attempt);
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '2147483648',
    '"2147483648"',
    '""',
    '" 1"',
    '"1 "',
    '"00000000001"',
    '"1e3"',
    'true',
    '["1"]',
    '{}',
  ])('is never guessed from %s', (text) => {
    expect(refusal(() => attemptOf(text)).code).toBe('attempt_invalid');
  });

  it('is the value’s, else the header’s', () => {
    const read = (value: string): number | null =>
      decodeResult({
        key: null,
        value: Buffer.from(value),
        headers: { [REQUEST_HEADERS.attempt]: Buffer.from('7') },
      }).attempt;
    expect(read('{"taskId":"1","status":"DONE","attempt":2}')).toBe(2);
    expect(read('{"taskId":"1","status":"DONE","attempt":null}')).toBe(7);
  });
});

describe('a wrapped value', () => {
  const report = (payload: string, around = ''): Report =>
    decode(`{"taskId":"1"${around},"payload":${payload}}`).report;

  it('says in its payload, else around it, how far it is and what went wrong', () => {
    const around = ',"progress":10,"message":"around","error":"around"';
    expect(report('{"status":"RUNNING"}', around)).toEqual({
      status: 'running',
      progress: 10,
      message: 'around',
    });
    expect(report('{"status":"RUNNING","progress":20,"message":"in"}', around)).toEqual({
      status: 'running',
      progress: 20,
      message: 'in',
    });
    expect(report('{"status":"FAILED"}', around)).toMatchObject({ error: { message: 'around' } });
    expect(report('{"status":"FAILED","error":"in"}', around)).toMatchObject({ error: { message: 'in' } });
  });

  it('says what is no text as its JSON text, digit for digit, wherever it stands', () => {
    const around = ',"message":9007199254740993,"error":{"code":9007199254740995}';
    expect(report('{"status":"RUNNING"}', around)).toMatchObject({ message: '9007199254740993' });
    expect(report('{"status":"FAILED"}', around)).toMatchObject({ error: { code: '9007199254740995' } });
    const own = '{"status":"FAILED","message":1.0,"error":{"code":9007199254740997}}';
    expect(report(own, around)).toMatchObject({
      message: '1.0',
      error: { code: '9007199254740997', message: '1.0' },
    });
  });

  it('has its attempt in its payload, else around it', () => {
    expect(decode('{"taskId":"1","attempt":3,"payload":{"status":"DONE"}}').attempt).toBe(3);
    expect(decode('{"taskId":"1","attempt":3,"payload":{"status":"DONE","attempt":4}}').attempt).toBe(4);
  });

  it('is a flat one where it has a status itself, or a payload that is no object', () => {
    expect(resultOf('{"taskId":"1","status":"DONE","payload":{"status":"FAILED"}}')).toBe(
      '{"payload":{"status":"FAILED"}}',
    );
    for (const payload of ['[]', '"DONE"', 'null'])
      expect(refusal(() => report(payload)).code).toBe('status_missing');
    expect(report('{"status":"DONE"}', ',"status":null').status).toBe('succeeded');
  });
});

describe('a failure', () => {
  const errorOf = (fields: string): TaskError => {
    const { report } = decode(`{"taskId":"1","status":"FAILED",${fields}}`);
    if (report.status !== 'failed') throw new Error(`It ${report.status}.`);
    return report.error;
  };

  it('has a type and a message in any case', () => {
    expect(errorOf('"n":1')).toEqual({ type: 'Error', message: 'No reason was given.' });
    expect(errorOf('"error":{"type":"","message":""}')).toEqual({
      type: 'Error',
      message: 'No reason was given.',
    });
    expect(errorOf('"message":"said","error":{"type":"E"}')).toEqual({ type: 'E', message: 'said' });
    expect(errorOf('"message":"said","error":{"message":"why","stack":"s","code":7}')).toEqual({
      type: 'Error',
      message: 'why',
      stack: 's',
      code: '7',
    });
  });

  it('says what is no text as its JSON text, digit for digit', () => {
    expect(errorOf('"message":{"row":9007199254740993}').message).toBe('{"row":9007199254740993}');
    expect(errorOf('"error":9007199254740993').message).toBe('9007199254740993');
    expect(
      errorOf('"error":{"message":[9007199254740993,1.0],"code":9007199254740995,"type":1e400}'),
    ).toEqual({
      type: '1e400',
      message: '[9007199254740993,1.0]',
      code: '9007199254740995',
    });
  });

  it('keeps 256 characters of type and code, 16 KiB of the message and 64 KiB of the stack, and marks what was cut', () => {
    const long = (length: number): string => 'x'.repeat(length);
    const error = (more: number): string =>
      JSON.stringify({
        type: long(256 + more),
        message: long(16_384 + more),
        stack: long(65_536 + more),
        code: long(256 + more),
      });
    expect(errorOf(`"error":${error(0)}`)).toEqual(JSON.parse(error(0)));
    expect(errorOf(`"error":${error(1)}`)).toEqual({
      type: `${long(256)}…`,
      message: `${long(16_384)}…`,
      stack: `${long(65_536)}…`,
      code: `${long(256)}…`,
    });
  });

  it('is said in a message of 16 KiB at the most, as everything that a worker says', () => {
    for (const status of ['RUNNING', 'DONE', 'FAILED']) {
      const { report } = decode(
        JSON.stringify({ taskId: '1', status, result: 1, message: 'x'.repeat(1_000_000) }),
      );
      expect(report.message?.length).toBe(16_385);
    }
  });

  it('is not cut into half a character', () => {
    const { message } = errorOf(`"error":{"message":"${'x'.repeat(16_383)}🙂"}`);
    expect(message.isWellFormed()).toBe(true);
  });

  it('may be tried again only where it says true', () => {
    const retryable = (error: string): boolean => {
      const { report } = decode(`{"taskId":"1","status":"FAILED","error":${error}}`);
      return report.status === 'failed' && report.retryable;
    };
    expect(retryable('{"retryable":true}')).toBe(true);
    for (const error of ['{"retryable":"true"}', '{"retryable":1}', '{}', '"retryable"', 'null'])
      expect(retryable(error)).toBe(false);
  });
});

describe('progress', () => {
  it.each([
    ['0', 0],
    ['50.5', 50.5],
    ['100', 100],
    ['-1', 0],
    ['101', 100],
    ['"50"', null],
    ['null', null],
  ])('of %s counts as %s', (text, progress) => {
    expect(decode(`{"taskId":"1","status":"RUNNING","progress":${text}}`).report).toMatchObject({ progress });
  });
});

describe('a header that comes twice', () => {
  it('counts as it came last', () => {
    const headers = {
      [REQUEST_HEADERS.taskId]: ['first', 'second', 'last'].map((text) => Buffer.from(text)),
    };
    const value = Buffer.from('{"status":"DONE"}');
    expect(decodeResult({ key: null, value, headers }).headerTaskId).toBe('last');
  });
});

/** `result` is text that may be written in many ways. */
function comparable({ report, ...rest }: DecodedResult): unknown {
  return {
    ...rest,
    report: report.status === 'succeeded' ? { ...report, result: canonical(report.result) } : report,
  };
}

function decode(value: string): DecodedResult {
  return decodeResult({ key: null, value: Buffer.from(value), headers: {} });
}

function resultOf(value: string): string {
  const { report } = decode(value);
  if (report.status !== 'succeeded') throw new Error(`It ${report.status}.`);
  return report.result;
}

function valueWith(text: string): string {
  return `{"taskId":"1","status":"DONE","v":"é${text}"}`;
}

function refusal(act: () => unknown): RecordError {
  try {
    act();
  } catch (error) {
    if (error instanceof RecordError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
