import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { TaskTypes } from '../task-types/task-types.js';
import { TRANSPORT, type TopicSpec, type Transport } from '../transport/transport.js';

const FIRST_RETRY_MS = 500;
/** Also how late it is found that a broker is back. */
const LONGEST_RETRY_MS = 2_000;

/** What is known against writing to a topic. */
interface Trouble {
  reason: string;
  /** When it is ensured again, on the clock of `performance.now()`. */
  dueAt: number;
}

/**
 * Sees to it that the topics of all task types exist: once at the start, in the background, and again with back-off for
 * each that is found not to be writable. Until such a topic has been ensured, its own dispatches are held back. Where one
 * has vanished all are ensured: a broker that lost its data has lost the result topics, too, to which we never write.
 */
@Injectable()
export class TopicKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TopicKeeper.name);
  private readonly specs: Map<string, TopicSpec>;
  /** The topics that are held back. */
  private readonly troubles = new Map<string, Trouble>();
  /** For how long each was held back the last time, in milliseconds; forgotten once it is written. */
  private readonly backOffs = new Map<string, number>();
  /** Those that were not there when they were last looked at. */
  private readonly missing = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private ensuring: Promise<void> = Promise.resolve();

  constructor(
    @Inject(TRANSPORT) private readonly transport: Transport,
    private readonly taskTypes: TaskTypes,
  ) {
    const topics = [
      ...taskTypes.requestTopics(),
      ...taskTypes.resultTopics(),
      ...taskTypes.deadLetterTopics(),
    ];
    this.specs = new Map(topics.map((topic) => [topic.name, topic]));
  }

  onApplicationBootstrap(): void {
    for (const topic of this.specs.keys())
      this.troubles.set(topic, { reason: 'not looked at yet', dueAt: performance.now() });
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.ensuring;
  }

  /** Notes that a topic cannot be written, and why; it is ensured again with back-off. */
  notWritable(topic: string, reason: string): void {
    if (this.troubles.has(topic)) return;
    this.hold(topic, reason);
    this.schedule();
  }

  /** Notes that a topic was written. */
  written(topic: string): void {
    this.backOffs.delete(topic);
  }

  /** The topics that are known not to be writable, with the reasons. */
  notWritableTopics(): ReadonlyMap<string, string> {
    return new Map([...this.troubles].map(([topic, { reason }]) => [topic, reason]));
  }

  /** Whether nothing is known against writing to this topic. */
  isWritable(topic: string): boolean {
    return !this.troubles.has(topic);
  }

  /** The task types whose requests can be sent; those of types that the file no longer has stay where they are. */
  sendableTypes(): string[] {
    return this.taskTypes
      .all()
      .flatMap(({ name, requestTopic }) => (this.isWritable(requestTopic) ? [name] : []));
  }

  /** Holds a topic back, twice as long as the last time. */
  private hold(topic: string, reason: string): void {
    const last = this.backOffs.get(topic);
    if (last === undefined) this.logger.warn(`topic ${topic} cannot be written: ${reason}`);
    const backOffMs = last === undefined ? FIRST_RETRY_MS : Math.min(last * 2, LONGEST_RETRY_MS);
    this.backOffs.set(topic, backOffMs);
    this.troubles.set(topic, { reason, dueAt: performance.now() + backOffMs });
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.stopped || this.troubles.size === 0) return;
    const dueAt = Math.min(...[...this.troubles.values()].map((trouble) => trouble.dueAt));
    this.timer = setTimeout(
      () => {
        this.ensuring = this.ensuring.then(() => this.ensureDue());
      },
      Math.max(0, dueAt - performance.now()),
    );
  }

  private async ensureDue(): Promise<void> {
    const now = performance.now();
    const due = [...this.troubles].filter(([, { dueAt }]) => dueAt <= now).map(([topic]) => topic);
    const haveVanished = await this.haveVanished(due);
    const failed = await this.ensure(due);
    for (const topic of due) {
      const reason = failed.get(topic);
      if (reason === undefined) this.troubles.delete(topic);
      else this.hold(topic, reason);
    }
    if (haveVanished) await this.ensureOthers(due);
    this.schedule();
  }

  /** What is not there afterwards is tried again, as one that cannot be written. */
  private async ensureOthers(topics: readonly string[]): Promise<void> {
    const others = [...this.specs.keys()].filter((topic) => !topics.includes(topic));
    for (const [topic, reason] of await this.ensure(others)) this.hold(topic, reason);
  }

  /** Whether one of the topics is not there to be seen, and was the last time that it was looked at. */
  private async haveVanished(topics: readonly string[]): Promise<boolean> {
    try {
      const found = new Set((await this.transport.topics.describe([...topics])).map(({ name }) => name));
      const vanished = topics.filter((topic) => !found.has(topic) && !this.missing.has(topic));
      for (const topic of topics)
        if (found.has(topic)) this.missing.delete(topic);
        else this.missing.add(topic);
      return vanished.length > 0;
    } catch {
      // Nobody answers: to ensure them will tell.
      return false;
    }
  }

  /** The topics that could not be made, with the reasons. Never rejects. */
  private async ensure(topics: readonly string[]): Promise<Map<string, string>> {
    try {
      const specs = topics.flatMap((topic) => this.specs.get(topic) ?? []);
      const failures = await this.transport.topics.ensure(specs);
      return new Map(failures.map(({ name, error }) => [name, error.message]));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return new Map(topics.map((topic) => [topic, reason]));
    }
  }
}
