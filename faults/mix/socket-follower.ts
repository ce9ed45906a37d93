import { setTimeout as pause } from 'node:timers/promises';
import { SocketClient } from '../../test/support/socket-client.js';
import type { History } from '../history/history.js';
import type { Person } from './people.js';

interface Place {
  /** The last event that was seen. */
  seq: number;
  announced: boolean;
}

/** Follows tasks over one socket; after each reconnect it subscribes again where it was. */
export class SocketFollower {
  private readonly places = new Map<string, Place>();

  private constructor(
    private readonly client: SocketClient,
    private readonly name: string,
    private readonly person: Person,
    private readonly history: History,
  ) {}

  static async connect(url: string, name: string, person: Person, history: History): Promise<SocketFollower> {
    const client = await SocketClient.connect(url, ['websocket'], person.token);
    const follower = new SocketFollower(client, name, person, history);
    client.socket.on('task', ({ taskId, seq }: { taskId: string; seq: number }) => {
      history.record({ kind: 'saw', follower: name, owner: person.owner, taskId, seq });
      const place = follower.places.get(taskId);
      if (place) place.seq = seq;
    });
    client.socket.on('connect', () => {
      for (const taskId of follower.places.keys()) void follower.subscribe(taskId);
    });
    return follower;
  }

  /** Follows a task from its beginning on. */
  follow(taskId: string): void {
    this.places.set(taskId, { seq: 0, announced: false });
    if (this.client.socket.connected) void this.subscribe(taskId);
  }

  /** Whether it has seen the event with this number of each task that it follows. */
  hasSeenAll(seq: number): boolean {
    return [...this.places.values()].every((place) => place.seq >= seq);
  }

  close(): void {
    this.client.close();
  }

  /** Once for each connection, unless it is refused. */
  private async subscribe(taskId: string): Promise<void> {
    const place = this.places.get(taskId);
    const { socket } = this.client;
    const connection = socket.id;
    while (place && socket.connected && socket.id === connection) {
      const answer = await this.client.ask('subscribe', { taskId, after: place.seq });
      if (answer.ok) {
        this.announce(taskId, place);
        return;
      }
      await pause(200);
    }
  }

  private announce(taskId: string, place: Place): void {
    if (place.announced) return;
    place.announced = true;
    const { name: follower } = this;
    const { owner } = this.person;
    this.history.record({ kind: 'followed', follower, owner, channel: 'socket', taskId, after: 0 });
  }
}

/** Hears of all of a person's tasks, with gaps perhaps. */
export async function hearOfMine(
  url: string,
  person: Person,
  history: History,
): Promise<{ close: () => void }> {
  const client = await SocketClient.connect(url, ['websocket'], person.token);
  const subscribe = (): void => void client.ask('subscribe', { mine: true });
  client.socket.on('task', ({ taskId, seq }: { taskId: string; seq: number }) => {
    history.record({ kind: 'saw', follower: `mine of ${person.owner}`, owner: person.owner, taskId, seq });
  });
  client.socket.on('connect', subscribe);
  subscribe();
  return client;
}
