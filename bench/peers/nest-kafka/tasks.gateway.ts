import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Server } from 'socket.io';

/** Tells all sockets. */
@WebSocketGateway()
export class TasksGateway {
  @WebSocketServer()
  private readonly server!: Server;

  @SubscribeMessage('subscribe')
  subscribe(): { ok: true } {
    return { ok: true };
  }

  /** A task has ended. */
  ended(taskId: string, result: object): void {
    this.server.emit('task', { taskId, type: 'succeeded', result });
  }
}
