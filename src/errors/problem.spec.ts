import { AppError, ERRORS } from './app-error.js';
import { toProblem } from './problem.js';

describe('toProblem', () => {
  it('tells code, status, where, and each wrong place', () => {
    const details = [{ path: 'payload.fileUrl', message: 'must be string' }];
    expect(toProblem(new AppError('payload_invalid', 'No.', { details }), '/v1/tasks')).toEqual({
      type: 'urn:taskwire:error:payload_invalid',
      title: 'The payload does not fit its task type',
      status: 422,
      detail: 'No.',
      code: 'payload_invalid',
      instance: '/v1/tasks',
      errors: details,
    });
  });

  it('gives the same bytes for every 404: no instance, no id', () => {
    const texts = ['a', 'b'].map((id) =>
      JSON.stringify(toProblem(new AppError('not_found', `No task ${id}`), `/v1/tasks/${id}`)),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).not.toContain('instance');
  });

  it('has titles that differ, so that each code can be told by people, too', () => {
    const titles = Object.values(ERRORS).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
