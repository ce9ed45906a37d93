import { KafkaTransport } from '../../src/transport/drivers/kafka/kafka-transport.js';
import type { KafkaTransportOptions } from '../../src/transport/drivers/kafka/kafka-options.js';
import type { MemberOptions } from './conformance-driver.js';

/** What the process gets as its one argument, in JSON. */
export interface KafkaMemberArguments extends MemberOptions {
  kafka: KafkaTransportOptions;
}

// A process that reads: it prints `joined` when it has, and the value of every record, in a line each.
const { kafka, acknowledge, ...options } = JSON.parse(process.argv[2] ?? '') as KafkaMemberArguments;
const transport = new KafkaTransport(kafka, () => undefined);
const subscription = await transport.subscribe(options, ({ records }) => {
  for (const { value } of records) console.log(`received ${String(value)}`);
  return acknowledge ? Promise.resolve() : new Promise(() => undefined);
});
process.once('SIGTERM', () => void transport.close());
const waiting = setInterval(() => {
  if (subscription.state().status !== 'running') return;
  clearInterval(waiting);
  console.log('joined');
}, 20);
