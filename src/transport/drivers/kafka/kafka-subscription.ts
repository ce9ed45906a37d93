import type { TransportLog } from '../../transport-log.js';
import type {
  BatchHandler,
  SubscribeOptions,
  Subscription,
  TopicAdmin,
  TopicDescription,
} from '../../transport.js';
import { topicsToRead } from '../../topics-to-read.js';
import { PartitionLanes } from '../partition-lanes.js';
import { pause } from '../pause.js';
import { GroupMember } from './group-member.js';
import type { KafkaClientFactory } from './kafka-client.js';
import { messageOf } from './kafka-errors.js';

/** How often the topics and the member are looked at; after crashes in a row up to the last, in milliseconds. */
const LOOK_INTERVAL_MS = 1_000;
const LAST_LOOK_INTERVAL_MS = 8_000;

/** What a subscription needs of its transport. */
export interface SubscriptionContext {
  createClient: KafkaClientFactory;
  topics: TopicAdmin;
  sessionTimeoutMs: number;
  log: TransportLog;
}

/**
 * Keeps one member in the group: makes it when its topics come into being, and makes it anew when it has crashed or
 * fallen silent, and when topics appear, go or grow.
 */
export class KafkaSubscription implements Subscription {
  private readonly closing = new AbortController();
  private readonly lanes = new PartitionLanes(this.closing.signal);
  private readonly watching: Promise<void>;
  private member: GroupMember | null = null;
  /** Why there cannot be a member that works, or null. */
  private obstacle: string | null = null;
  private crashes = 0;
  private closed: Promise<void> | null = null;

  /** Starts at once, in the background. */
  constructor(
    private readonly context: SubscriptionContext,
    private readonly options: SubscribeOptions,
    private readonly onBatch: BatchHandler,
  ) {
    this.watching = this.watch();
  }

  state(): ReturnType<Subscription['state']> {
    const reason = this.obstacle ?? this.member?.crash ?? null;
    if (reason !== null) return { status: 'failed', reason };
    return { status: this.member?.joined ? 'running' : 'starting' };
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    const left = this.member?.leave();
    this.closing.abort();
    // The lanes for themselves: a member that has crashed does not wait for its handlers.
    await Promise.all([left, this.lanes.quiet(), this.watching]);
  }

  private async watch(): Promise<void> {
    const { signal } = this.closing;
    let reported = '';
    while (!signal.aborted) {
      await this.look();
      reported = this.report(reported);
      const interval = Math.min(LOOK_INTERVAL_MS * 2 ** this.crashes, LAST_LOOK_INTERVAL_MS);
      await pause(interval, signal);
    }
  }

  private async look(): Promise<void> {
    if (this.member?.joined) this.crashes = 0;
    try {
      const topics = await topicsToRead(this.context.topics, this.options);
      this.obstacle = topics.length > 0 ? null : this.nothingToRead();
      if (!this.closing.signal.aborted && this.needsAnother(topics)) await this.replace(topics);
    } catch (error) {
      this.obstacle = messageOf(error);
    }
  }

  private nothingToRead(): string {
    const { topics, matching } = this.options;
    const wanted = [...topics, ...(matching ? ['whatever matches'] : [])];
    return `none of the topics exists, or we may not read them: ${wanted.join(', ')}`;
  }

  private needsAnother(topics: TopicDescription[]): boolean {
    const { member } = this;
    if (!member) return topics.length > 0;
    if (member.silence() > this.silenceLimit()) member.fail(new Error('the consumer fell silent'));
    return member.crash !== null || !isSame(member.topics, topics);
  }

  private async replace(topics: TopicDescription[]): Promise<void> {
    const { member, options, context, lanes, onBatch } = this;
    const left = member?.leave();
    if (member && member.crash !== null) this.crashes += 1;
    else await left;
    if (this.closing.signal.aborted) return;
    const { sessionTimeoutMs, log } = context;
    const formerId = member?.freeId ?? null;
    const memberOptions = { group: options.group, topics, sessionTimeoutMs, formerId, onBatch, lanes, log };
    this.member = topics.length > 0 ? new GroupMember(context.createClient(), memberOptions) : null;
  }

  /** To join may take the broker a session and a rebalance, which is as long. */
  private silenceLimit(): number {
    return 2 * this.context.sessionTimeoutMs + 15_000;
  }

  private report(last: string): string {
    const state = this.state();
    const text = state.status === 'failed' ? state.reason : '';
    const fields = { group: this.options.group, topics: this.options.topics };
    if (text !== last && text !== '') this.context.log('error', `Cannot consume: ${text}`, fields);
    if (text !== last && text === '') this.context.log('info', 'Consuming again', fields);
    return text;
  }
}

function isSame(known: TopicDescription[], found: TopicDescription[]): boolean {
  const text = (topics: TopicDescription[]): string =>
    JSON.stringify(topics.map((topic) => [topic.name, topic.partitions]));
  return text(known) === text(found);
}
