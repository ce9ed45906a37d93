import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../../tasks/task-store.module.js';
import { RedriveRepository } from './redrive.repository.js';
import { RedrivenLetterRepository } from './redriven-letter.repository.js';
import { Redriving } from './redriving.js';

const STEP = [RedriveRepository, RedrivenLetterRepository, Redriving];

/** The step by which letters are sent again, for whoever wants it taken: an operator, or a redrive of many. */
@Module({ imports: [TaskStoreModule], providers: STEP, exports: [TaskStoreModule, ...STEP] })
export class RedrivingModule {}
