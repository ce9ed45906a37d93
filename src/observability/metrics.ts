import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TaskError } from '../tasks/task-state.js';
import { FewValues } from './few-values.js';

/** Of a label whose values come from outside, so many are told apart: each is a time series for the life of the process. */
const MAX_VALUES = 100;

/**
 * What this process counts. Whoever does something counts it here; gauges that cost a query are filled by the classes
 * beside this one when somebody scrapes.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly tasksSubmitted = new Counter({
    name: 'taskwire_tasks_submitted_total',
    help: 'Tasks accepted, replays of an idempotency key not counted',
    labelNames: ['type'] as const,
    registers: [this.registry],
  });

  readonly results = new Counter({
    name: 'taskwire_results_total',
    help: 'Results by what became of them: applied, ignored (with the reason), dead_lettered or, over HTTP, rejected (with the code)',
    labelNames: ['outcome', 'reason'] as const,
    registers: [this.registry],
  });

  readonly recordsDispatched = new Counter({
    name: 'taskwire_records_dispatched_total',
    help: 'Request records by what the transport said: durable, refused, topic-not-writable or unavailable',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  private readonly deadLetters = new Counter({
    name: 'taskwire_dead_letters_total',
    help: 'Dead letters stored, by the topic of the record and the code of the error; the hundredth of either and all after it are other',
    labelNames: ['topic', 'code'] as const,
    registers: [this.registry],
  });

  readonly deadLettersRedriven = new Counter({
    name: 'taskwire_dead_letters_redriven_total',
    help: 'Dead letters that were to be sent again, by what became of that: sent, skipped or refused',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  readonly tasksClaimed = new Counter({
    name: 'taskwire_tasks_claimed_total',
    help: 'Tasks handed out to compute workers that claimed them over HTTP',
    labelNames: ['type'] as const,
    registers: [this.registry],
  });

  readonly leasesLost = new Counter({
    name: 'taskwire_leases_lost_total',
    help: 'Leases of compute workers that ended without an answer or a report',
    registers: [this.registry],
  });

  readonly auditEntriesLost = new Counter({
    name: 'taskwire_audit_entries_lost_total',
    help: 'Refusals that are missing in the audit log, because too many different ones waited to be written',
    registers: [this.registry],
  });

  readonly followers = new Gauge({
    name: 'taskwire_followers',
    help: 'Sockets, streams and waiting requests that follow a task now',
    registers: [this.registry],
  });

  readonly httpDuration = new Histogram({
    name: 'taskwire_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });

  private readonly topics = new FewValues(MAX_VALUES);
  private readonly codes = new FewValues(MAX_VALUES);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts dead letters that were stored. Whoever writes to a topic chooses what stands in them. */
  deadLettersStored(letters: readonly { topic: string; error: TaskError }[]): void {
    for (const { topic, error } of letters)
      this.deadLetters.inc({
        topic: this.topics.known(topic),
        code: this.codes.known(error.code ?? error.type),
      });
  }
}
