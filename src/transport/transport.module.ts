import { Inject, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Config, KafkaConfig } from '../config/config.js';
import { KafkaTransport } from './drivers/kafka/kafka-transport.js';
import type { KafkaTransportOptions } from './drivers/kafka/kafka-options.js';
import { NoTransport } from './no-transport.js';
import type { TransportLog } from './transport-log.js';
import { TRANSPORT, type Transport } from './transport.js';

/** The process's one transport, by configuration: also `none` is one, so that nobody has to ask. It is closed last, when nothing publishes any more. */
@Module({})
export class TransportModule implements OnApplicationShutdown {
  static forRoot({ transport }: Config): DynamicModule {
    const useFactory = (): Transport =>
      transport.kind === 'none' ? new NoTransport() : new KafkaTransport(kafkaOptions(transport.kafka), log);
    return {
      module: TransportModule,
      global: true,
      providers: [{ provide: TRANSPORT, useFactory }],
      exports: [TRANSPORT],
    };
  }

  constructor(@Inject(TRANSPORT) private readonly transport: Transport) {}

  async onApplicationShutdown(): Promise<void> {
    await this.transport.close();
  }
}

function kafkaOptions({ brokers, ssl, sasl, replicationFactor }: KafkaConfig): KafkaTransportOptions {
  return {
    brokers: [...brokers],
    clientId: 'taskwire',
    ...(ssl && {
      ssl: {
        ...(ssl.ca && { ca: ssl.ca }),
        ...(ssl.cert && { cert: ssl.cert }),
        ...(ssl.key && { key: ssl.key }),
      },
    }),
    ...(sasl && { sasl }),
    ...(replicationFactor !== null && { replicationFactor }),
  };
}

const logger = new Logger('Transport');

const log: TransportLog = (level, message, fields) => {
  logger[level === 'info' ? 'log' : level]({ message, ...fields });
};
