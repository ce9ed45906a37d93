import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { ResultIntake } from './result-intake.js';
import { ResultsController } from './results.controller.js';

/** Results over HTTP. */
@Module({ imports: [TaskStoreModule], controllers: [ResultsController], providers: [ResultIntake] })
export class ResultsModule {}
