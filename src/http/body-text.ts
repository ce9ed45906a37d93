import type { RawBodyRequest } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { utf8Text } from '../json/utf8-text.js';

/** What Fastify's parser passes over at the beginning of a body, too. */
const BYTE_ORDER_MARK = /^\ufeff/;

/** The text of a request's JSON body, from which values are cut as they were sent. */
export function bodyText({ rawBody }: RawBodyRequest<FastifyRequest>): string {
  if (rawBody === undefined) throw new AppError('invalid_request', 'a body is needed');
  const text = utf8Text(rawBody);
  if (text === null) throw new AppError('invalid_request', 'the body is not UTF-8');
  return text.replace(BYTE_ORDER_MARK, '');
}
