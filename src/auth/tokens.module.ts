import { Module } from '@nestjs/common';
import { TasksModule } from '../tasks/tasks.module.js';
import { TokensController } from './tokens.controller.js';

/** Tokens for browsers, over REST. */
@Module({ imports: [TasksModule], controllers: [TokensController] })
export class TokensModule {}
