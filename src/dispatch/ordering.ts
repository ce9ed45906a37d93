/**
 * The name of the advisory lock under which a key's ordering numbers are drawn. Numbers drawn under it agree, key by
 * key, with the order in which the transactions commit, so that a relay that sees a number has seen all lower ones of
 * its key.
 */
export function orderingLock(type: string, orderingKey: string): string {
  return `taskwire ordering ${JSON.stringify([type, orderingKey])}`;
}
