import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { allDone } from '../database/all-done.js';
import { GroupCommit } from '../database/group-commit.js';
import { splitting } from '../database/splitting.js';
import { transact, withCommit } from '../database/transaction.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import type { NewDeadLetter } from '../dlq/letter.js';
import { EventBus } from '../events/event-bus.js';
import type { RecordedEvent } from '../events/event.js';
import { Metrics } from '../observability/metrics.js';
import { withSpan } from '../observability/tracing.js';
import type { Fact, Outcome } from '../tasks/facts.js';
import type { TaskError } from '../tasks/task-state.js';
import { TaskWriter } from '../tasks/task-writer.js';
import type { RecordBatch } from '../transport/transport.js';
import { PositionRepository } from './position.repository.js';
import { consumedRecords, type ConsumedRecord } from './positions.js';
import type { RecordGuard } from './record-guard.js';

/** What a record comes to: facts about tasks, a dead letter, both, or nothing (with the reason). */
export interface Effect {
  fact?: { taskId: string; fact: Fact };
  letter?: NewDeadLetter;
  ignored?: string;
}

/** What a listener knows that the pipeline does not: how to read its records. */
export interface RecordReader<D> {
  /** Reads one record; what it throws is the record's fault. */
  decode(record: ConsumedRecord): D;
  /** Finds the tasks that records speak of, with a fixed number of queries for all; one effect for each, in order. */
  find(manager: EntityManager, decoded: readonly { record: ConsumedRecord; value: D }[]): Promise<Effect[]>;
  /** The letter of a record that cannot be processed. */
  letter(record: ConsumedRecord, error: unknown): NewDeadLetter;
  /** Counts what became of a record, once that is durable. Letters are counted anyway. */
  count?(outcome: RecordOutcome, reason: string): void;
}

/** What became of a record; the reason tells why it was ignored, or the code of its error. */
export type RecordOutcome = 'applied' | 'ignored' | 'dead_lettered';

/**
 * How much one transaction takes at the most: a record counts its bytes and this much for itself. Batches that are small go
 * together; tasks that were accepted together share pages, which have no room for new versions of all their rows at once.
 */
const MAX_ROUND_BYTES = 1024 * 1024;
const RECORD_BYTES = 4 * 1024;

/** In a backlog: while the database writes what one round brought, the next one is read, decoded and folded. */
const ROUNDS_AT_ONCE = 2;

/**
 * The one way of a record from a topic into the database: position → decode → find the task → fold → write, in one
 * transaction for the batches of all partitions that gathered while the last one was under way; in a backlog two of them
 * go side by side, of different partitions. A batch is acknowledged after its transaction is durable.
 */
@Injectable()
export class RecordPipeline {
  constructor(
    private readonly dataSource: DataSource,
    private readonly positions: PositionRepository,
    private readonly writer: TaskWriter,
    private readonly deadLetters: DeadLetterRepository,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
  ) {}

  /**
   * A batch handler that reads with `reader`. It throws only what is the infrastructure's fault, and while `guard` has it
   * wait.
   */
  handler<D>(reader: RecordReader<D>, guard: RecordGuard): (batch: RecordBatch) => Promise<void> {
    const rounds = new GroupCommit<RecordBatch, undefined>({
      work: async (batches) => {
        const records = consumedRecords(batches);
        await withSpan('process records', { 'messaging.batch.message_count': records.length }, () =>
          this.process(reader, records, guard),
        );
        return batches.map(() => ({ result: undefined }));
      },
      maxWeight: MAX_ROUND_BYTES,
      atOnce: ROUNDS_AT_ONCE,
      weight: ({ records }) =>
        records.reduce((sum, { value }) => sum + RECORD_BYTES + (value?.length ?? 0), 0),
    });
    return async (batch) => {
      guard.admit();
      await rounds.add(batch);
    };
  }

  private async process<D>(
    reader: RecordReader<D>,
    records: ConsumedRecord[],
    guard: RecordGuard,
  ): Promise<void> {
    await splitting(
      records,
      (part) => this.transaction(reader, guard, part, (manager) => this.effects(reader, manager, part)),
      (culprit, error) =>
        this.transaction(reader, guard, [culprit], () =>
          Promise.resolve(new Map([[culprit, { letter: reader.letter(culprit, error) }]])),
        ),
    );
  }

  private async transaction<D>(
    reader: RecordReader<D>,
    guard: RecordGuard,
    records: readonly ConsumedRecord[],
    effectsOf: (manager: EntityManager) => Promise<Map<ConsumedRecord, Effect>>,
  ): Promise<void> {
    const { read, events, counts, letters } = await transact(this.dataSource, async (manager) => {
      // In this order on one connection, in one round trip; what the records come to counts only where they are fresh.
      const [{ fresh, moved }, effects] = await allDone([
        this.positions.lock(manager, records),
        effectsOf(manager),
      ]);
      const counting = fresh.map((record) => effects.get(record) ?? {});
      await withCommit(manager, [this.positions.move(manager, moved)]);
      return { ...(await this.write(manager, counting)), read: fresh.length };
    });
    guard.count(read, letters.length);
    this.bus.announce(events);
    for (const { outcome, reason } of counts) reader.count?.(outcome, reason);
    this.metrics.deadLettersStored(letters);
  }

  private async effects<D>(
    reader: RecordReader<D>,
    manager: EntityManager,
    records: readonly ConsumedRecord[],
  ): Promise<Map<ConsumedRecord, Effect>> {
    const effects = new Map<ConsumedRecord, Effect>();
    const decoded: { record: ConsumedRecord; value: D }[] = [];
    for (const record of records) {
      try {
        decoded.push({ record, value: reader.decode(record) });
      } catch (error) {
        effects.set(record, { letter: reader.letter(record, error) });
      }
    }
    const found = decoded.length === 0 ? [] : await reader.find(manager, decoded);
    decoded.forEach(({ record }, index) => effects.set(record, found[index] ?? {}));
    return effects;
  }

  /** A letter that is on record already is the same failure told again: it has had its effect. */
  private async write(manager: EntityManager, all: readonly Effect[]): Promise<Written> {
    const stored = await this.deadLetters.insert(
      manager,
      all.flatMap(({ letter }) => letter ?? []),
    );
    const effects = all.filter(({ letter }) => !letter || stored.has(letter.id));
    const letters = effects.flatMap(({ letter }) => letter ?? []);
    const { outcomes, events } = await this.writer.apply(
      manager,
      effects.flatMap(({ fact }) => fact ?? []),
    );
    const counts = [
      ...outcomes.map(countOf),
      ...letters.map(({ error }): Count => ({ outcome: 'dead_lettered', reason: codeOf(error) })),
      ...effects.flatMap(({ ignored }): Count[] => {
        return ignored === undefined ? [] : [{ outcome: 'ignored', reason: ignored }];
      }),
    ];
    return { events, counts, letters };
  }
}

interface Written {
  events: RecordedEvent[];
  counts: Count[];
  letters: NewDeadLetter[];
}

interface Count {
  outcome: RecordOutcome;
  reason: string;
}

/** What became of a fact; `null` if its task was deleted after it was found. */
function countOf(outcome: Outcome | null): Count {
  if (outcome === null) return { outcome: 'ignored', reason: 'unknown_task' };
  return outcome.outcome === 'applied' ? { outcome: 'applied', reason: '' } : outcome;
}

function codeOf({ code, type }: TaskError): string {
  return code ?? type;
}
