import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Loop } from '../../background/loop.js';
import { allDone } from '../../database/all-done.js';
import { Metrics } from '../../observability/metrics.js';
import {
  TRANSPORT,
  TransportUnavailableError,
  type PublishResult,
  type Transport,
} from '../../transport/transport.js';
import { redrivenRecord, type Mend } from './mend.js';
import { RedrivenLetterRepository, type DueLetter } from './redriven-letter.repository.js';

/** How many records one round sends at the most. */
const ROUND = 200;

/** For how long letters are held while their records are sent; a crash delays them by so much. */
const HOLD_SECONDS = 30;

/** How long a topic that cannot be written is left alone. */
const HELD_BACK_MS = 5_000;

const IDLE_MS = 100;
const FAILURE_MS = 2_000;

/**
 * Sends the records of redriven letters that have no task of their own: after the intent is durable, at least once, and then marks
 * them. One that was sent twice has the same `taskwire-redrive-of` header.
 */
@Injectable()
export class RedriveSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RedriveSender.name);
  private readonly loop = new Loop(() => this.send(), {
    idleMs: IDLE_MS,
    failureMs: FAILURE_MS,
    logger: this.logger,
  });
  /** Until when topics are left alone, on the clock of `performance.now()`. */
  private readonly heldBack = new Map<string, number>();

  constructor(
    private readonly letters: RedrivenLetterRepository,
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
    const letters = await this.letters.takeDue(ROUND, HOLD_SECONDS, this.topicsHeldBack());
    if (letters.length === 0) return false;
    // Whoever held them died, and the redrive that they were part of has ended since.
    await this.letters.giveBack(letters.filter(({ wanted }) => !wanted).map(({ id }) => id));
    const wanted = letters.filter((letter) => letter.wanted);
    const topics = new Set(wanted.map(({ topic }) => topic));
    await allDone(
      [...topics].map((topic) =>
        this.sendTo(
          topic,
          wanted.filter((letter) => letter.topic === topic),
        ),
      ),
    );
    return true;
  }

  /** A topic that is sick holds back its own letters only. */
  private async sendTo(topic: string, letters: readonly DueLetter[]): Promise<void> {
    const records = letters.map((letter) => redrivenRecord(letter, JSON.parse(letter.mend ?? '{}') as Mend));
    try {
      await this.mark(letters, await this.transport.publish(records));
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error;
      this.holdBack(topic, error.message);
      await this.letters.giveBack(letters.map(({ id }) => id));
    }
  }

  private async mark(letters: readonly DueLetter[], results: readonly PublishResult[]): Promise<void> {
    const sent: string[] = [];
    const waiting: string[] = [];
    const refused: { letter: DueLetter; reason: string }[] = [];
    letters.forEach((letter, index) => {
      const result = results[index];
      if (result?.outcome === 'durable') sent.push(letter.id);
      else if (result?.outcome === 'refused') refused.push({ letter, reason: result.error.message });
      else {
        waiting.push(letter.id);
        this.holdBack(letter.topic, result?.error.message ?? 'the transport did not answer for it');
      }
    });
    await this.letters.markSent(sent);
    await this.letters.markRefused(refused);
    await this.letters.giveBack(waiting);
    this.metrics.deadLettersRedriven.inc({ outcome: 'sent' }, sent.length);
    this.metrics.deadLettersRedriven.inc({ outcome: 'refused' }, refused.length);
  }

  private holdBack(topic: string, reason: string): void {
    if (!this.heldBack.has(topic))
      this.logger.warn({ message: 'Redriven letters wait for their topic', topic, reason });
    this.heldBack.set(topic, performance.now() + HELD_BACK_MS);
  }

  private topicsHeldBack(): string[] {
    for (const [topic, until] of this.heldBack) if (until <= performance.now()) this.heldBack.delete(topic);
    return [...this.heldBack.keys()];
  }
}
