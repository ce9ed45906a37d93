import fc from 'fast-check';
import { contractExamples, exampleRecord } from '../../test/support/contract-examples.js';
import { canonical } from '../json/canonical.js';
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
