import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { Timers } from './timers.js';

/** What keeps dispatches moving without anybody asking, whatever their delivery. */
@Module({ imports: [TaskStoreModule], providers: [Timers] })
export class TimersModule {}
