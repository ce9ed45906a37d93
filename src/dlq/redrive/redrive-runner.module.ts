import { Module } from '@nestjs/common';
import { RedriveRunner } from './redrive-runner.js';
import { RedrivingModule } from './redriving.module.js';

/** Redrives of many letters at work; letters of tasks need no topics. */
@Module({ imports: [RedrivingModule], providers: [RedriveRunner] })
export class RedriveRunnerModule {}
