import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Loop } from '../../background/loop.js';
import { allDone } from '../../database/all-done.js';
import { TopicKeeper } from '../../dispatch/topic-keeper.js';
import { Metrics } from '../../observability/metrics.js';
import {
  TRANSPORT,
  TransportUnavailableError,
  type OutgoingRecord,
  type PublishResult,
  type Transport,
} from '../../transport/transport.js';
import { redrivenRecord, type Mend } from './mend.js';
import { RedrivenLetterRepository, type DueLetter } from './redriven-letter.repository.js';

/** How many records one round sends at the most. */
const ROUND = 200;

/** For how long letters are held while their records are sent; a crash delays them by so much. */
const HOLD_SECONDS = 30;

const IDLE_MS = 100;
/** As in `RedriveRunner`, which has them sent. */
const REST_MS = 500;
const FAILURE_MS = 2_000;

/** A letter whose record will never be sent as it is, and why. */
interface Refused {
  letter: DueLetter;
  reason: string;
}

/** A letter and the record that it makes. */
interface Outgoing {
  letter: DueLetter;
  record: OutgoingRecord;
}

/**
 * Sends the records of redriven letters that have no task of their own: after the intent is durable, at least once, and then marks
 * them. One that was sent twice has the same `taskwire-redrive-of` header.
 */
@Injectable()
export class RedriveSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop = new Loop(() => this.send(), {
    idleMs: IDLE_MS,
    restMs: REST_MS,
    failureMs: FAILURE_MS,
    logger: new Logger(RedriveSender.name),
  });

  constructor(
    private readonly letters: RedrivenLetterRepository,
    private readonly topicKeeper: TopicKeeper,
    private readonly metrics: Metrics,
    @Inject(TRANSPORT) private readonly transport: Transport,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async send(): Promise<boolean> {
    const heldBack = [...this.topicKeeper.notWritableTopics().keys()];
    const letters = await this.letters.takeDue(ROUND, HOLD_SECONDS, heldBack);
    if (letters.length === 0) return false;
    // Whoever held them died, and the redrive that they were part of has ended since.
    await this.letters.giveBack(letters.filter(({ wanted }) => !wanted).map(({ id }) => id));
    const { outgoing, refused } = recordsOf(letters.filter(({ wanted }) => wanted));
    await this.refuse(refused);
    const topics = new Set(outgoing.map(({ record: { topic } }) => topic));
    await allDone(
      [...topics].map((topic) =>
        this.sendTo(
          topic,
          outgoing.filter(({ record }) => record.topic === topic),
        ),
      ),
    );
    return true;
  }

  /** A topic that is sick holds back its own letters only. */
  private async sendTo(topic: string, outgoing: readonly Outgoing[]): Promise<void> {
    try {
      const results = await this.transport.publish(outgoing.map(({ record }) => record));
      await this.mark(topic, outgoing, results);
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error;
      this.topicKeeper.notWritable(topic, error.message);
      await this.letters.giveBack(outgoing.map(({ letter }) => letter.id));
    }
  }

  private async mark(
    topic: string,
    outgoing: readonly Outgoing[],
    results: readonly PublishResult[],
  ): Promise<void> {
    const sent: string[] = [];
    const waiting: string[] = [];
    const refused: Refused[] = [];
    for (const [index, { letter }] of outgoing.entries()) {
      const result = results[index];
      if (!result) throw new Error('the transport answered for fewer records than it was given');
      switch (result.outcome) {
        case 'durable':
          sent.push(letter.id);
          this.topicKeeper.written(topic);
          break;
        case 'topic-not-writable':
          waiting.push(letter.id);
          this.topicKeeper.notWritable(topic, result.error.message);
          break;
        case 'refused':
          refused.push({ letter, reason: result.error.message });
      }
    }
    await this.letters.markSent(sent);
    await this.refuse(refused);
    await this.letters.giveBack(waiting);
    this.metrics.deadLettersRedriven.inc({ outcome: 'sent' }, sent.length);
  }

  private async refuse(refused: readonly Refused[]): Promise<void> {
    await this.letters.markRefused(refused);
    this.metrics.deadLettersRedriven.inc({ outcome: 'refused' }, refused.length);
  }
}

/** The records of letters; what our own code cannot make a record of is refused, and holds back no other. */
function recordsOf(letters: readonly DueLetter[]): { outgoing: Outgoing[]; refused: Refused[] } {
  const outgoing: Outgoing[] = [];
  const refused: Refused[] = [];
  for (const letter of letters) {
    try {
      outgoing.push({ letter, record: redrivenRecord(letter, JSON.parse(letter.mend ?? '{}') as Mend) });
    } catch (error) {
      refused.push({ letter, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { outgoing, refused };
}
