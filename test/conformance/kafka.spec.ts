import { describeWithServices } from '../support/services.js';
import { KafkaConformanceDriver } from './kafka-driver.js';
import { transportConformance } from './transport-conformance.js';

describeWithServices('the kafka transport', ['ownKafka'], () => {
  transportConformance(() => KafkaConformanceDriver.start());
});
