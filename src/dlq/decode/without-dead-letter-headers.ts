import type { RecordHeaders } from '../../transport/transport.js';
import { CONNECT_PREFIX } from './connect-format.js';
import { DEAD_LETTER_ID_HEADER, REDRIVE_HEADER } from './own-header.js';
import { SHARE_GROUP_PREFIX } from './share-group-format.js';
import { SPRING_HEADER } from './spring-format.js';

/** A record's own headers: those that dead-lettering and redriving added are left out, whichever format they are of. */
export function withoutDeadLetterHeaders(headers: RecordHeaders): RecordHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isOfDeadLetter(name)));
}

function isOfDeadLetter(name: string): boolean {
  return (
    name === DEAD_LETTER_ID_HEADER ||
    name === REDRIVE_HEADER ||
    name.startsWith(CONNECT_PREFIX) ||
    name.startsWith(SHARE_GROUP_PREFIX) ||
    SPRING_HEADER.test(name)
  );
}
