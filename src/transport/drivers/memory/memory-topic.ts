import type { DeliveredRecord, OutgoingRecord } from '../../transport.js';

/** A topic in memory: one array of records for each partition, in which the index is the offset. */
export class MemoryTopic {
  readonly partitions: DeliveredRecord[][];

  constructor(
    readonly name: string,
    partitions: number,
  ) {
    this.partitions = Array.from({ length: partitions }, () => []);
  }

  append({ key, value, headers = {} }: OutgoingRecord): void {
    const partition = hash(String(key ?? '')) % this.partitions.length;
    const log = this.partitions[partition];
    log?.push({
      topic: this.name,
      partition,
      offset: log.length,
      timestamp: Date.now(),
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, values]) => [
          name,
          Array.isArray(values) ? values.map((one) => Buffer.from(one)) : Buffer.from(values),
        ]),
      ),
    });
  }
}

/** Equal keys keep their partition; nothing else is asked of it. */
function hash(text: string): number {
  let sum = 7;
  for (let index = 0; index < text.length; index += 1) sum = (sum * 31 + text.charCodeAt(index)) >>> 0;
  return sum;
}
