import { Body, Controller, HttpCode, Inject, Post, ValidationPipe } from '@nestjs/common';
import { ClientKafka, EventPattern, Payload } from '@nestjs/microservices';
import { getRepositoryToken } from '@nestjs/typeorm';
import { IsObject } from 'class-validator';
import { firstValueFrom } from 'rxjs';
import type { Repository } from 'typeorm';
import { settings } from '../peer-settings.js';
import { TaskEntity } from './task.entity.js';
import { TasksGateway } from './tasks.gateway.js';

class SubmitTask {
  @IsObject()
  payload!: object;
}

/** Takes tasks and results, one by one, as Nest hands them out. */
@Controller()
export class TasksController {
  constructor(
    @Inject(getRepositoryToken(TaskEntity)) private readonly tasks: Repository<TaskEntity>,
    @Inject('KAFKA') private readonly kafka: ClientKafka,
    @Inject(TasksGateway) private readonly gateway: TasksGateway,
  ) {}

  @Post('tasks')
  @HttpCode(202)
  async submit(
    @Body(new ValidationPipe({ expectedType: SubmitTask })) { payload }: SubmitTask,
  ): Promise<TaskEntity> {
    const task = this.tasks.create({ payload, status: 'queued' });
    await this.tasks.insert(task);
    // Awaited: there is no relay that would send later what was not sent now.
    const value = { taskId: task.id, ...payload };
    await firstValueFrom(this.kafka.emit(settings.requestTopic, { key: task.id, value }), {
      defaultValue: null,
    });
    return task;
  }

  @EventPattern(settings.resultTopic)
  async end(@Payload() { taskId = '', ...result }: { taskId?: string }): Promise<void> {
    const { affected } = await this.tasks.update(
      { id: taskId, status: 'queued' },
      { status: 'succeeded', result, finishedAt: new Date() },
    );
    if (affected === 1) this.gateway.ended(taskId, result);
  }
}
