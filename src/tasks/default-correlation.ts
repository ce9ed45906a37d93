import { MAX_KEY_LENGTH } from './submit-task.dto.js';

/**
 * The correlation id of a task that is given none: `payload.fileId`, a number as its text. One that cannot be a key gives none.
 *
 * @param fields the JSON text of each of the payload's members
 */
export function defaultCorrelation(fields: ReadonlyMap<string, string>): string | null {
  const fileId = fields.get('fileId');
  if (fileId === undefined) return null;
  const text = fileId.startsWith('"') ? (JSON.parse(fileId) as string) : /^-?\d/.test(fileId) ? fileId : '';
  const usable = text !== '' && text.length <= MAX_KEY_LENGTH && !text.includes('\0') && text.isWellFormed();
  return usable ? text : null;
}
