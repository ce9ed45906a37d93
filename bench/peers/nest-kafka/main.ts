import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, Transport, type KafkaOptions } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { TypeOrmModule } from '@nestjs/typeorm';
import { settings } from '../peer-settings.js';
import { TaskEntity } from './task.entity.js';
import { TasksController } from './tasks.controller.js';
import { TasksGateway } from './tasks.gateway.js';

// NestJS as its documentation shows it: the Kafka transport, TypeORM and Socket.IO that it brings. Three records at a time, since
// the topics have three partitions; kafkajs commits once a second.
const { port, brokers, databaseUrl, resultTopic } = settings;
const client = { brokers: [brokers] };
const kafka: KafkaOptions = {
  transport: Transport.KAFKA,
  options: {
    client,
    consumer: { groupId: resultTopic, maxWaitTimeInMs: 100 },
    subscribe: { fromBeginning: true },
    run: { partitionsConsumedConcurrently: 3, autoCommitInterval: 1_000 },
  },
};

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: databaseUrl,
      entities: [TaskEntity],
      synchronize: true,
      // In the server since PostgreSQL 13; the other extension is in the schema of whoever came first.
      uuidExtension: 'pgcrypto',
      installExtensions: false,
      extra: { max: 20 },
    }),
    TypeOrmModule.forFeature([TaskEntity]),
    ClientsModule.register([
      { name: 'KAFKA', transport: Transport.KAFKA, options: { client, producerOnlyMode: true } },
    ]),
  ],
  controllers: [TasksController],
  providers: [TasksGateway],
})
class TasksModule {}

const app = await NestFactory.create<NestFastifyApplication>(TasksModule, new FastifyAdapter(), {
  logger: ['error'],
});
app.useWebSocketAdapter(new IoAdapter(app));
app.connectMicroservice(kafka);
await app.startAllMicroservices();
await app.listen(port, '127.0.0.1');
process.stdout.write('ready\n');
