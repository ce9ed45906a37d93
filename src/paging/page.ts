import { validate as isUuid } from 'uuid';
import { AppError } from '../errors/app-error.js';
import type { PageQuery } from './page.query.js';

/**
 * The id behind which a page begins. Lists are in the order of ids, so a cursor is the id of the last item, in 22
 * characters that say nothing to a client.
 *
 * @throws AppError `invalid_request`
 */
export function idBehind({ cursor }: PageQuery): string | null {
  if (cursor === undefined) return null;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (isUuid(id)) return id;
  throw new AppError('invalid_request', 'the cursor is not one of ours', {
    details: [{ path: 'cursor', message: 'must be the nextCursor of another page' }],
  });
}

/**
 * A page as JSON text.
 *
 * @param rows one more than the limit where there is more
 */
export function pageText<T extends { id: string }>(
  rows: readonly T[],
  limit: number,
  text: (row: T) => string,
): string {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last
      ? Buffer.from(last.id.replaceAll('-', ''), 'hex').toString('base64url')
      : null;
  return `{"items":[${items.map(text).join(',')}],"nextCursor":${JSON.stringify(next)}}`;
}
