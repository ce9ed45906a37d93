import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { DeliveredRecord, RecordBatch, RecordHeaders } from '../../transport.js';

/** A batch as the port has it. */
export function toRecordBatch(group: string, batch: Batch): RecordBatch {
  const { topic, partition } = batch;
  return {
    group,
    topic,
    partition,
    highWatermark: Number(batch.highWatermark),
    records: batch.messages.map((message) => toRecord(topic, partition, message)),
  };
}

function toRecord(topic: string, partition: number, message: KafkaMessage): DeliveredRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers ?? {}),
  };
}

function toHeaders(headers: IHeaders): RecordHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(toBytes) : toBytes(value),
    ]),
  );
}

/** A header without a value, which Kafka knows, counts as empty. */
function toBytes(value: Buffer | string | null | undefined): Buffer {
  return Buffer.from(value ?? '');
}
