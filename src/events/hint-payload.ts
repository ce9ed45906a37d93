import { stringify } from 'uuid';

/** A UUID's 16 bytes in base64url, which needs no separator. */
const ID_LENGTH = 22;

/** PostgreSQL takes less than 8000 bytes in one notification. */
const IDS_PER_PAYLOAD = Math.floor(7_999 / ID_LENGTH);

/** Packs task ids into as few notification payloads as they fit into. */
export function toPayloads(taskIds: Iterable<string>): string[] {
  const ids = Array.from(taskIds, (id) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'));
  const payloads = [];
  for (let at = 0; at < ids.length; at += IDS_PER_PAYLOAD) {
    payloads.push(ids.slice(at, at + IDS_PER_PAYLOAD).join(''));
  }
  return payloads;
}

/** The task ids in a payload. Throws where it is not one of ours. */
export function fromPayload(payload: string): string[] {
  const taskIds = [];
  for (let at = 0; at < payload.length; at += ID_LENGTH) {
    taskIds.push(stringify(Buffer.from(payload.slice(at, at + ID_LENGTH), 'base64url')));
  }
  return taskIds;
}
