import { AppError } from '../errors/app-error.js';
import { isJsonObject } from '../json/json-object.js';
import { elements, members } from '../json/members.js';
import { invalidField } from '../tasks/invalid-field.js';

/** The most results that one request may bring. */
const MAX_RESULTS = 100;

/**
 * The JSON texts of the results in a body: its `results`, or the body itself. A body that names a task is a result,
 * whatever else it has.
 *
 * @param text the body's JSON text
 * @throws AppError `invalid_request`
 */
export function receivedResults(body: unknown, text: string): string[] {
  if (!isJsonObject(body)) throw new AppError('invalid_request', 'The body must be a JSON object.');
  const fields = members(text);
  if (!Array.isArray(body.results) || fields.has('taskId')) return [text];
  for (const name of fields.keys()) {
    if (name !== 'results') throw invalidField(name, 'should not exist beside results');
  }
  const texts = elements(fields.get('results') ?? '[]');
  if (texts.length === 0 || texts.length > MAX_RESULTS)
    throw invalidField('results', `must have 1 to ${MAX_RESULTS} elements`);
  return texts;
}
