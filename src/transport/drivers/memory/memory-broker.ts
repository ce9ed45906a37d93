import { TransportUnavailableError } from '../../transport.js';
import { MemoryGroup } from './memory-group.js';
import { MemoryTopic } from './memory-topic.js';

/** Times in milliseconds, sizes in bytes. */
export interface MemoryBrokerOptions {
  /** How long a member may be silent before its partitions go to others. */
  sessionTimeoutMs?: number;
  /** A larger record (key and value) is refused. */
  maxRecordBytes?: number;
}

/** What several `MemoryTransport`s share, as processes share a broker. Tests break it at will. */
export class MemoryBroker {
  readonly sessionTimeoutMs: number;
  readonly maxRecordBytes: number;
  private readonly topics = new Map<string, MemoryTopic>();
  private readonly groups = new Map<string, MemoryGroup>();
  private readonly listeners = new Set<() => void>();
  private running = true;

  constructor({ sessionTimeoutMs = 200, maxRecordBytes = 1024 * 1024 }: MemoryBrokerOptions = {}) {
    this.sessionTimeoutMs = sessionTimeoutMs;
    this.maxRecordBytes = maxRecordBytes;
  }

  get isRunning(): boolean {
    return this.running;
  }

  /** Topics and positions are kept. */
  stop(): void {
    this.running = false;
  }

  start(): void {
    this.running = true;
    this.changed();
  }

  /** @throws {TransportUnavailableError} while it is stopped. */
  check(): void {
    if (!this.running) throw new TransportUnavailableError('the broker is stopped');
  }

  /** Leaves a topic that exists as it is. */
  createTopic(name: string, partitions: number): void {
    if (!this.topics.has(name)) this.topics.set(name, new MemoryTopic(name, partitions));
    this.changed();
  }

  /** With its records and all positions in it. */
  deleteTopic(name: string): void {
    this.topics.delete(name);
  }

  topic(name: string): MemoryTopic | undefined {
    return this.topics.get(name);
  }

  allTopics(): MemoryTopic[] {
    return [...this.topics.values()];
  }

  group(name: string): MemoryGroup {
    const group = this.groups.get(name) ?? new MemoryGroup();
    this.groups.set(name, group);
    return group;
  }

  /** `listener` is called whenever there may be something new to read; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells the listeners, later: whoever changes something runs nobody's handler. */
  changed(): void {
    for (const listener of this.listeners) setImmediate(listener);
  }
}
