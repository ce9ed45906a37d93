import { describeWithServices } from '../support/services.js';
import { KafkaConformanceDriver } from './kafka-driver.js';
import { kafkaOnly } from './kafka-only.js';
import { kafkaSecured } from './kafka-secured.js';
import { transportConformance } from './transport-conformance.js';

describeWithServices('the kafka transport', ['ownKafka'], () => {
  transportConformance(() => KafkaConformanceDriver.start());

  describe('on Kafka', () => {
    kafkaOnly(() => KafkaConformanceDriver.start());
  });
  describe('on a Kafka that demands TLS and SASL', () => {
    kafkaSecured();
  });
});
