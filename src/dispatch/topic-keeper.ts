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
const LONGEST_RETRY_MS = 5_000;

/**
 * Sees to it that the topics of all task types exist: once at the start, in the background, and again with back-off for
 * each that is found not to be writable. Until such a topic has been ensured, its own dispatches are held back.
 */
@Injectable()
export class TopicKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TopicKeeper.name);
  /** Topics that have to be ensured, and why. */
  private readonly missing = new Map<string, string>();
  private readonly specs: Map<string, TopicSpec>;
  private timer: NodeJS.Timeout | undefined;
  private retryMs = FIRST_RETRY_MS;
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
    for (const name of this.specs.keys()) this.missing.set(name, 'not looked at yet');
    this.schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.ensuring;
  }

  /** Notes that a topic cannot be written, and why; it is ensured again with back-off. */
  notWritable(topic: string, reason: string): void {
    if (!this.missing.has(topic)) this.logger.warn(`topic ${topic} cannot be written: ${reason}`);
    this.missing.set(topic, reason);
    this.schedule(this.retryMs);
  }

  /** The topics that are known not to be writable, with the reasons. */
  notWritableTopics(): ReadonlyMap<string, string> {
    return this.missing;
  }

  /** Whether nothing is known against writing to this topic. */
  isWritable(topic: string): boolean {
    return !this.missing.has(topic);
  }

  /** The task types whose requests can be sent; those of types that the file no longer has stay where they are. */
  sendableTypes(): string[] {
    return this.taskTypes
      .all()
      .flatMap(({ name, requestTopic }) => (this.isWritable(requestTopic) ? [name] : []));
  }

  private schedule(delayMs: number): void {
    if (this.stopped || this.timer) return;
    this.timer = setTimeout(() => {
      this.ensuring = this.ensure();
    }, delayMs);
  }

  private async ensure(): Promise<void> {
    const wanted = [...this.missing.keys()];
    try {
      const failed = new Map(
        (await this.transport.topics.ensure(wanted.flatMap((name) => this.specs.get(name) ?? []))).map(
          ({ name, error }) => [name, error.message],
        ),
      );
      for (const name of wanted) {
        const reason = failed.get(name);
        if (reason === undefined) this.missing.delete(name);
        else this.missing.set(name, reason);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      for (const name of wanted) this.missing.set(name, reason);
    }
    this.timer = undefined;
    this.retryMs = this.missing.size === 0 ? FIRST_RETRY_MS : Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    if (this.missing.size > 0) this.schedule(this.retryMs);
  }
}
