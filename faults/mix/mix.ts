import { setTimeout as pause } from 'node:timers/promises';
import type { Scene } from '../stage/scene.js';
import { Meddler } from './meddler.js';
import type { Person } from './people.js';
import type { Random } from './random.js';
import { hearOfMine, SocketFollower } from './socket-follower.js';
import { StreamFollower } from './stream-follower.js';
import { someSubmission } from './submission.js';
import { Submitter } from './submitter.js';

/** How long a client rests at the most, in milliseconds. */
const REST_MS = 250;

/** Keys, each with one client, which waits for each answer. */
const KEYS = ['red', 'blue'];

/** Clients that submit, follow and meddle by chance, until they are stopped. */
export class Mix {
  private stopped = false;
  private submitted = 0;
  /** Why a client has given up, once one has. */
  failure: Error | null = null;
  private readonly running: Promise<void>[] = [];

  private constructor(
    private readonly scene: Scene,
    private readonly sockets: ReadonlyMap<Person, SocketFollower[]>,
    private readonly listeners: readonly { close: () => void }[],
    private readonly streams: StreamFollower,
    private readonly submitter: Submitter,
  ) {}

  static async start(scene: Scene, random: Random): Promise<Mix> {
    const { doors, history, people } = scene;
    const sockets = new Map<Person, SocketFollower[]>();
    for (const person of people.owners) {
      const followers = doors.urls.map((url, door) =>
        SocketFollower.connect(url, `socket of ${person.owner} at ${door}`, person, history),
      );
      sockets.set(person, await Promise.all(followers));
    }
    const listeners = people.owners.map((person, door) => hearOfMine(doors.url(door), person, history));
    const mix = new Mix(
      scene,
      sockets,
      await Promise.all(listeners),
      new StreamFollower(doors, history),
      new Submitter(doors, history),
    );
    mix.run(random);
    return mix;
  }

  /** How many submissions were accepted. */
  get accepted(): number {
    return this.submitted;
  }

  /** Resolves when the last client has its answer; followers go on. Rejects when one has given up. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.stopped = true;
    await Promise.allSettled(this.running);
    for (const followers of this.sockets.values()) for (const follower of followers) follower.close();
    for (const listener of this.listeners) listener.close();
    await this.streams.close();
    this.scene.history.record({ kind: 'left' });
  }

  private run(random: Random): void {
    const { doors, people, history } = this.scene;
    for (const [door, person] of people.owners.entries())
      this.repeat(random.fork(), (own) => this.client(own, door, person));
    for (const key of KEYS) this.repeat(random.fork(), (own) => this.keyedClient(own, key));
    const meddler = new Meddler(doors, people, history, this.scene, random.fork());
    this.repeat(random.fork(), () => meddler.meddle());
  }

  private repeat(random: Random, work: (random: Random) => Promise<void>): void {
    const run = async (): Promise<void> => {
      while (!this.stopped) {
        await work(random);
        await pause(random.between(0, REST_MS));
      }
    };
    const running = run();
    this.running.push(running);
    // It is awaited when the mix stops.
    running.catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
    });
  }

  private async client(random: Random, door: number, person: Person): Promise<void> {
    const submissions = Array.from({ length: random.chance(0.2) ? 5 : 1 }, () =>
      someSubmission(random, this.scene.taskTypes.all),
    );
    const [first] = submissions;
    const ids =
      submissions.length === 1 && first
        ? [await this.submitter.submit(door, person, first)]
        : await this.submitter.submitBatch(door, person, submissions);
    this.submitted += ids.length;
    // A client that did not hear the answer, and asks the other process.
    if (first && random.chance(0.1)) await this.submitter.submit(door + 1, person, first);
    for (const id of ids) this.follow(random, person, id);
  }

  private async keyedClient(random: Random, key: string): Promise<void> {
    const person = random.pick(this.scene.people.owners);
    await this.submitter.submit(
      random.between(0, 2),
      person,
      someSubmission(random, this.scene.taskTypes.keyed, key),
    );
    this.submitted++;
  }

  private follow(random: Random, person: Person, taskId: string): void {
    if (random.chance(0.4)) random.pick(this.sockets.get(person) ?? []).follow(taskId);
    if (random.chance(0.2)) {
      const door = random.between(0, 2);
      this.streams.follow(door, `stream of ${person.owner}`, person, taskId);
    }
  }
}
