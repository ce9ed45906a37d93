import { Logger } from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayInit,
} from '@nestjs/websockets';
import { AuditLog, isAccessCode, type Refusal as Refused } from '../audit/audit-log.js';
import { checkRoles } from '../auth/access.guard.js';
import { Authenticator } from '../auth/authenticator.js';
import type { Caller } from '../auth/caller.js';
import { whenExpired } from '../auth/when-expired.js';
import { AppError } from '../errors/app-error.js';
import { toAppError } from '../errors/to-app-error.js';
import { toProblem } from '../errors/problem.js';
import { Followers } from '../events/followers.js';
import type { Following } from '../events/following.js';
import { OwnerLimits } from '../limits/owner-limits.js';
import { TaskRepository } from '../tasks/task.repository.js';
import type { Acknowledge, Refusal, TaskServer, TaskSocket } from './socket-events.js';
import { emitEvent, taskAcknowledgement } from './socket-messages.js';
import { parseSubscription, parseUnsubscription } from './subscription.js';
import { UnreadMeter } from './unread-meter.js';
import { visibleTask } from './visible-task.js';

/** Who may open a socket. */
const FOLLOWERS = ['client', 'service', 'operator', 'reader'];

/** The most messages of one socket that may wait to be served: one that sends on without end is cut off. */
const MAX_WAITING = 1_100;

/** The most tasks that one socket may follow one by one. */
const MAX_SUBSCRIPTIONS = 1_000;

/** Lets sockets follow tasks, as contracts/asyncapi.yaml has it. */
@WebSocketGateway()
export class TasksGateway implements OnGatewayInit<TaskServer>, OnGatewayConnection<TaskSocket> {
  private readonly logger = new Logger(TasksGateway.name);
  /** Connections that have a socket, or may be about to. */
  private readonly taken = new WeakSet<TaskSocket['conn']>();

  constructor(
    private readonly followers: Followers,
    private readonly tasks: TaskRepository,
    private readonly authenticator: Authenticator,
    private readonly auditLog: AuditLog,
    private readonly limits: OwnerLimits,
  ) {}

  /** Lets in only who is known and may follow tasks. */
  afterInit(server: TaskServer): void {
    server.use((socket, next) => {
      // There is one namespace: who asks for it again before the answer would get one socket more each time.
      if (this.taken.has(socket.conn)) socket.conn.close();
      else
        this.admit(socket).then(() => {
          next();
        }, next);
    });
  }

  /** Makes the socket a follower; following ends with it. */
  handleConnection(socket: TaskSocket): void {
    try {
      this.welcome(socket);
    } catch {
      // This process is about to end. Closed from below, the client comes again, to another one.
      socket.conn.close();
    }
  }

  @SubscribeMessage('subscribe')
  subscribe(
    @ConnectedSocket() socket: TaskSocket,
    @MessageBody() body: unknown,
    @Ack() acknowledge: Acknowledge = () => undefined,
  ): Promise<void> {
    return this.answering(socket, 'subscribe', acknowledge, async () => {
      const subscription = parseSubscription(body);
      const { caller, following } = socket.data;
      checkTask(caller, 'taskId' in subscription ? subscription.taskId : null);
      if ('taskId' in subscription) {
        const { taskId, after } = subscription;
        this.checkRoom(following, taskId);
        await following.follow(taskId, {
          after,
          read: () => visibleTask(this.tasks, caller, taskId),
          acknowledge: (task) => {
            acknowledge(taskAcknowledgement(task));
          },
        });
      } else {
        acknowledge({ ok: true });
        following.followOwner(caller.owner);
      }
    });
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(
    @ConnectedSocket() socket: TaskSocket,
    @MessageBody() body: unknown,
    @Ack() acknowledge: Acknowledge = () => undefined,
  ): Promise<void> {
    return this.answering(socket, 'unsubscribe', acknowledge, () => {
      const subscription = parseUnsubscription(body);
      const { following } = socket.data;
      if ('taskId' in subscription) following.unfollow(subscription.taskId);
      else following.unfollowOwner();
      acknowledge({ ok: true });
    });
  }

  /** Rejects with what the client is told as `connect_error`. */
  private async admit(socket: TaskSocket): Promise<void> {
    const { auth, address } = socket.handshake;
    const token: unknown = auth.token;
    let caller: Caller | null = null;
    this.taken.add(socket.conn);
    try {
      caller = await this.authenticator.authenticate(typeof token === 'string' ? token : null, address);
      this.limits.request(caller.owner);
      await this.limits.turn(caller.owner, 1);
      checkRoles(caller, FOLLOWERS);
      const leave = this.limits.follow(caller.owner);
      if (socket.conn.readyState === 'open') socket.conn.once('close', leave);
      else leave();
      socket.data.caller = caller;
    } catch (thrown) {
      this.taken.delete(socket.conn);
      const { code, message } = refusal(this.logger, thrown);
      this.audit('connect', { caller, address, code, target: null });
      throw Object.assign(new Error(message), { data: { code, message } });
    }
  }

  private welcome(socket: TaskSocket): void {
    const meter = new UnreadMeter(socket.conn);
    const following = this.followers.join({
      emit: (event) => {
        emitEvent(socket, event);
      },
      unread: () => meter.unread,
      // Without a goodbye, after which a Socket.IO client would not come again by itself.
      dismiss: (reason) => {
        socket.conn.close(reason === 'too_slow');
      },
    });
    meter.onTaken(() => {
      following.drained();
    });
    const stopClock = whenExpired(socket.data.caller, () => {
      // With a goodbye: to come again, the client needs another token.
      socket.disconnect(true);
    });
    socket.once('disconnect', () => {
      stopClock();
      following.leave();
      // There is one namespace: a connection without it would only grow, one socket after the other.
      socket.conn.close();
    });
    Object.assign(socket.data, { following, served: Promise.resolve(), waiting: 0 });
  }

  /**
   * Serves a socket's messages one after the other, so that what it has not read yet is known before more is read for it.
   * Answers with what the work throws; what it does not throw it acknowledges itself.
   */
  private answering(
    socket: TaskSocket,
    message: string,
    acknowledge: Acknowledge,
    work: () => Promise<void> | void,
  ): Promise<void> {
    const { data } = socket;
    if (++data.waiting > MAX_WAITING) socket.conn.close();
    if (data.waiting > MAX_WAITING) return data.served;
    data.served = data.served
      .then(async () => {
        this.limits.request(data.caller.owner);
        await this.limits.turn(data.caller.owner, 1);
        await work();
      })
      .catch((thrown: unknown) => {
        const error = refusal(this.logger, thrown);
        const { caller } = data;
        this.audit(message, { caller, address: caller.address, code: error.code, target: null });
        acknowledge({ ok: false, error });
      })
      .finally(() => {
        data.waiting--;
      });
    return data.served;
  }

  private audit(message: string, refusal: Omit<Refused, 'action'>): void {
    if (isAccessCode(refusal.code)) this.auditLog.refused({ action: `socket ${message}`, ...refusal });
  }

  private checkRoom(following: Following, taskId: string): void {
    if (following.size >= MAX_SUBSCRIPTIONS && !following.has(taskId)) {
      throw new AppError('invalid_request', `A socket follows ${MAX_SUBSCRIPTIONS} tasks at most.`);
    }
    // Its answer holds the task, which may be large.
    if (!following.isReady()) throw new AppError('unavailable', 'Read first what was sent to you.');
  }
}

/** A token for one task follows no other. */
function checkTask({ taskId }: Caller, asked: string | null): void {
  if (taskId !== null && asked !== taskId) throw new AppError('forbidden', 'This token is for another task.');
}

/** What a client is told of an error; what is our fault is logged. */
function refusal(logger: Logger, thrown: unknown): Refusal {
  const error = toAppError(thrown);
  if (error.status >= 500) logger.error({ message: 'A socket was not served', err: error.cause ?? error });
  const { code, detail } = toProblem(error);
  return { code, message: detail };
}
