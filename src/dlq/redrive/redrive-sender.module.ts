import { Module } from '@nestjs/common';
import { DispatchModule } from '../../dispatch/dispatch.module.js';
import { RedriveSender } from './redrive-sender.js';
import { RedrivingModule } from './redriving.module.js';

/** Sending the records of redriven letters that have no task, wherever there are topics. */
@Module({ imports: [DispatchModule, RedrivingModule], providers: [RedriveSender] })
export class RedriveSenderModule {}
