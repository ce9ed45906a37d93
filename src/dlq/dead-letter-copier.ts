import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Loop } from '../background/loop.js';
import { allDone } from '../database/all-done.js';
import { TopicKeeper } from '../dispatch/topic-keeper.js';
import {
  TRANSPORT,
  TransportUnavailableError,
  type OutgoingRecord,
  type PublishResult,
  type Transport,
} from '../transport/transport.js';
import type { DeadLetter } from './dead-letter.entity.js';
import { DeadLetterRepository } from './dead-letter.repository.js';
import { encodeEnvelope } from './decode/encode-envelope.js';
import { decodeHeaders, type EncodedHeaders } from '../json/text-or-base64.js';

/** How many copies one round writes at the most; their values may have 1 MiB each. */
const ROUND = 16;

/** After how many seconds a copy is tried again that could not be written. */
const RETRY_SECONDS = 30;

/** What every topic takes by default is 1 MiB for a batch; half of it leaves room for whoever set less. */
const MAX_COPY_BYTES = 512 * 1024;

const IDLE_MS = 500;
const FAILURE_MS = 5_000;

/** Copies dead letters from the table to their `-dlq` topics, at least once, for other tools to see. */
@Injectable()
export class DeadLetterCopier implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeadLetterCopier.name);
  private readonly loop = new Loop(() => this.copy(), {
    idleMs: IDLE_MS,
    failureMs: FAILURE_MS,
    logger: this.logger,
  });

  constructor(
    private readonly deadLetters: DeadLetterRepository,
    private readonly topicKeeper: TopicKeeper,
    @Inject(TRANSPORT) private readonly transport: Transport,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async copy(): Promise<boolean> {
    const heldBack = [...this.topicKeeper.notWritableTopics().keys()];
    const letters = await this.deadLetters.takeForCopy(ROUND, RETRY_SECONDS, heldBack);
    if (letters.length === 0) return false;
    const topics = new Set(letters.map(topicOf));
    const done = await allDone(
      [...topics].map((topic) =>
        this.copyTo(
          topic,
          letters.filter((letter) => topicOf(letter) === topic),
        ),
      ),
    );
    return done.includes(true);
  }

  /** A topic that is sick has only its own copies written again. Answers whether there were any that need no more trying. */
  private async copyTo(topic: string, letters: readonly DeadLetter[]): Promise<boolean> {
    try {
      const results = await this.transport.publish(letters.map(copyOf));
      const done = letters.filter((letter, index) => this.isDone(letter, results[index]));
      await this.deadLetters.markCopied(done.map(({ id }) => id));
      return done.length > 0;
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error;
      this.topicKeeper.notWritable(topic, error.message);
      return false;
    }
  }

  /** Whether the copy needs no more trying. */
  private isDone(letter: DeadLetter, result: PublishResult | undefined): boolean {
    switch (result?.outcome) {
      case 'durable':
        this.topicKeeper.written(topicOf(letter));
        return true;
      case 'refused':
        this.logger.error(`dead letter ${letter.id} stays in the table only: ${result.error.message}`);
        return true;
      case 'topic-not-writable':
        this.topicKeeper.notWritable(topicOf(letter), result.error.message);
        return false;
      case undefined:
        return false;
    }
  }
}

function topicOf({ topic }: DeadLetter): string {
  return `${topic}-dlq`;
}

function copyOf(letter: DeadLetter): OutgoingRecord {
  const { id, key, value, errorType, errorMessage, attempts, group, taskId, failedAt, truncated } = letter;
  const copy = {
    id,
    original: {
      topic: letter.originalTopic,
      partition: letter.originalPartition,
      offset: letter.originalOffset,
      timestamp: letter.originalTimestamp?.getTime() ?? null,
    },
    key,
    value,
    headers: decodeHeaders(JSON.parse(letter.headers) as EncodedHeaders),
    error: { type: errorType, message: errorMessage, stack: letter.errorStack, code: letter.errorCode },
    attempts,
    group,
    taskId,
    failedAt,
    truncated,
  };
  return { topic: topicOf(letter), key: key ?? taskId ?? id, ...encodeEnvelope(copy, MAX_COPY_BYTES) };
}
