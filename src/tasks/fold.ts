import type { ClaimLease } from '../dispatch/dispatch.repository.js';
import type { RecordedEvent } from '../events/event.js';
import { type Fact, type IgnoredReason, type Outcome, type Report } from './facts.js';
import { mayHappen, TRANSITIONS } from './state-table.js';
import type { Task } from './task.entity.js';
import { isOpen, type TaskError, type TaskEventType, type TaskStatus } from './task-state.js';

/** The columns of a task that the fold reads. Result and error are only ever written. */
export type LockedTask = Omit<Task, 'payload' | 'result' | 'error' | 'traceparent'>;

/** The rules of a task's type that the fold needs; seconds. */
export interface AttemptRules {
  retry: { backoffSeconds: number; factor: number; maxSeconds: number };
  attemptTimeoutSeconds: number | null;
}

export interface FoldContext {
  /** The database's time. */
  now: Date;
  rules: AttemptRules;
  /** 0 ≤ x < 1, for jitter. */
  random: () => number;
}

/** What has to become of the task's dispatch. */
export type DispatchChange =
  | { kind: 'keep' }
  | { kind: 'end' }
  | { kind: 'queue' }
  | { kind: 'schedule'; dueAt: Date }
  /** A worker holds it until `dueAt`, unless it renews its lease. */
  | { kind: 'lease'; dueAt: Date; lease: ClaimLease }
  /** A worker has it: whoever was about to send it need not. */
  | { kind: 'in-work'; dueAt: Date };

/** A task after the facts, and everything that has to be written for it. */
export interface TaskChange {
  task: LockedTask;
  /** JSON text; null unless the task succeeded. */
  result: string | null;
  error: TaskError | null;
  events: RecordedEvent[];
  dispatch: DispatchChange;
  /** The budget was used up without an answer: a dead letter without an original has to be made. */
  letter: TaskError | null;
  /** One for each fact. */
  outcomes: Outcome[];
}

/**
 * Folds facts into a task, in order, through the state table. Pure: the same task, facts and context give the same
 * change. A fact that does not count changes nothing and says why.
 */
export function fold(task: LockedTask, facts: readonly Fact[], context: FoldContext): TaskChange {
  const draft = new Draft(task, context);
  for (const fact of facts) draft.change.outcomes.push(draft.take(fact));
  return draft.change;
}

const APPLIED: Outcome = { outcome: 'applied' };

const ignored = (reason: IgnoredReason): Outcome => ({ outcome: 'ignored', reason });

class Draft {
  readonly change: TaskChange;
  private readonly task: LockedTask;
  /** Time never runs backwards within a task's history, also when a transaction had to wait for the task. */
  private readonly now: Date;

  constructor(
    task: LockedTask,
    private readonly context: FoldContext,
  ) {
    this.task = { ...task };
    // Stryker disable next-line EqualityOperator: of two times that are equal it may be either
    this.now = context.now < task.updatedAt ? task.updatedAt : context.now;
    this.change = {
      task: this.task,
      result: null,
      error: null,
      events: [],
      dispatch: { kind: 'keep' },
      letter: null,
      outcomes: [],
    };
  }

  take(fact: Fact): Outcome {
    switch (fact.kind) {
      case 'report':
        return this.report(fact.report, fact.attempt, fact.at);
      case 'due':
        return this.happen('queued', () => {
          this.step('queued', 'queued', {});
          this.change.dispatch = { kind: 'queue' };
        });
      case 'timed-out':
        return this.ofAttempt(fact.attempt, () =>
          this.workerLost('time_limit', attemptTimeout(this.task.attempt, this.context.rules)),
        );
      case 'claimed':
        return this.ofAttempt(fact.attempt, () => this.claimed(fact.lease));
      case 'released':
        return this.ofAttempt(fact.attempt, () => this.released());
      case 'lease-lost':
        return this.ofAttempt(fact.attempt, () =>
          this.workerLost('lease_lost', leaseLost(this.task.attempt)),
        );
      case 'expired':
        return this.happen('expired', () => {
          this.end('expired', {});
        });
      case 'cancelled':
        return this.happen('cancelled', () => {
          this.end('cancelled', { by: fact.by });
        });
      case 'retried':
        return isOpen(this.task.status)
          ? ignored('stale_attempt')
          : this.happen('retrying', () => {
              this.renew('retrying', { reason: 'person', by: fact.by });
            });
      case 'redriven':
        // The letter of an earlier attempt is not what the task died of.
        if ((fact.attempt ?? this.task.attempt) !== this.task.attempt) return ignored('stale_attempt');
        return this.happen('redriven', () => {
          const { by, deadLetterId, changes } = fact;
          this.renew('redriven', { by, deadLetterId });
          if (changes !== null) this.mention('changes', changes);
        });
      case 'dead-lettered':
        return this.isCurrent(fact.attempt, fact.at)
          ? this.happen('dead_lettered', () => {
              this.end('dead_lettered', { error: fact.error, deadLetterId: fact.deadLetterId }, fact.error);
            })
          : ignored('stale_attempt');
    }
  }

  private report(report: Report, attempt: number | null, at: Date): Outcome {
    if (attempt !== null && attempt !== this.task.attempt) return ignored('stale_attempt');
    if (!isOpen(this.task.status)) {
      return ignored(this.task.status === report.status ? 'duplicate' : 'already_terminal');
    }
    switch (report.status) {
      case 'succeeded':
        return this.happen('succeeded', () => {
          this.succeed(report);
        });
      case 'failed':
        return this.isCurrent(attempt, at) ? this.failure(report) : ignored('stale_attempt');
      case 'running':
        return this.isCurrent(attempt, at) ? this.running(report) : ignored('stale_attempt');
    }
  }

  private succeed(report: Extract<Report, { status: 'succeeded' }>): void {
    this.task.progress = 100;
    this.say(report.message);
    this.change.result = report.result;
    this.end('succeeded', given({ message: report.message }));
  }

  private failure(report: Extract<Report, { status: 'failed' }>): Outcome {
    const retryable = report.retryable && this.task.attemptsUsed + 1 < this.task.maxAttempts;
    return this.happen(retryable ? 'retrying' : 'failed', () => {
      this.task.attemptsUsed++;
      this.say(report.message);
      const news = { error: report.error, ...given({ message: report.message }) };
      if (retryable) this.nextAttempt({ reason: 'failure', ...news }, this.backOff());
      else this.end('failed', news, report.error);
    });
  }

  /** A lost lease has waited for long enough; a time limit may speak of a worker that is overloaded, so it backs off. */
  private workerLost(reason: 'time_limit' | 'lease_lost', error: TaskError): Outcome {
    const again = this.task.attemptsUsed + 1 < this.task.maxAttempts;
    return this.happen(again ? 'retrying' : 'dead_lettered', () => {
      this.task.attemptsUsed++;
      if (again) this.nextAttempt({ reason, error }, reason === 'lease_lost' ? 0 : this.backOff());
      else {
        this.change.letter = error;
        this.end('dead_lettered', { error }, error);
      }
    });
  }

  private claimed(lease: ClaimLease): Outcome {
    return this.happen('dispatched', () => {
      const dueAt = this.notAfterLimits(plusSeconds(this.now, lease.seconds));
      this.step('dispatched', 'queued', { worker: lease.worker, leaseExpiresAt: dueAt });
      this.change.dispatch = { kind: 'lease', dueAt, lease };
    });
  }

  private released(): Outcome {
    return this.happen('retrying', () => {
      this.nextAttempt({ reason: 'released' }, 0);
    });
  }

  private running(report: Extract<Report, { status: 'running' }>): Outcome {
    const { task } = this;
    if (task.status === 'scheduled') return ignored('stale_attempt');
    const progress = Math.max(task.progress, report.progress ?? 0);
    const message = report.message ?? task.message;
    const news = given({
      progress: progress > task.progress ? progress : null,
      message: message !== task.message ? message : null,
    });
    task.progress = progress;
    task.message = message;
    if (task.status === 'queued') {
      task.startedAt = this.now;
      this.step('running', 'running', news);
    } else if (Object.keys(news).length > 0) this.progress(news);
    this.inWork();
    return APPLIED;
  }

  /** One progress event a fold, however many reports there are: the last says it all. */
  private progress(news: object): void {
    const last = this.change.events.at(-1);
    if (last?.type === 'progress') {
      last.data = JSON.stringify({ ...(JSON.parse(last.data ?? '{}') as object), ...news });
    } else this.step('progress', 'running', news);
  }

  /** A report renews the attempt's time limit, and is proof that the request was sent. */
  private inWork(): void {
    this.change.dispatch = { kind: 'in-work', dueAt: this.notAfterLimits(this.task.expiresAt) };
  }

  /** A time, or that of the attempt's time limit or the task's expiry, whichever comes first. */
  private notAfterLimits(time: Date): Date {
    const { attemptTimeoutSeconds } = this.context.rules;
    const limit = attemptTimeoutSeconds === null ? time : plusSeconds(this.now, attemptTimeoutSeconds);
    // Stryker disable next-line EqualityOperator: of two times that are equal it may be either
    return [limit, this.task.expiresAt].reduce((first, date) => (date < first ? date : first), time);
  }

  /** A person wants it done again: the next attempt, with a new budget and a new expiry. */
  private renew(event: 'retrying' | 'redriven', data: object): void {
    const { task } = this;
    task.attemptsUsed = 0;
    task.expiresAt = plusSeconds(this.now, task.expiresInSeconds);
    task.finishedAt = null;
    this.beginAttempt();
    task.runAt = null;
    this.step(event, 'queued', data);
    this.change.dispatch = { kind: 'queue' };
  }

  private backOff(): number {
    return backOffSeconds(this.context.rules.retry, this.task.attemptsUsed, this.context.random());
  }

  private nextAttempt(
    data: { reason: NextReason; error?: TaskError; message?: string | null },
    wait: number,
  ): void {
    this.beginAttempt();
    if (wait === 0) {
      this.task.runAt = null;
      this.step('retrying', 'queued', data);
      this.change.dispatch = { kind: 'queue' };
    } else {
      const dueAt = plusSeconds(this.now, wait);
      this.task.runAt = dueAt;
      this.step('retrying', 'scheduled', { ...data, runAt: dueAt });
      this.change.dispatch = { kind: 'schedule', dueAt };
    }
  }

  private beginAttempt(): void {
    this.task.attempt++;
    this.task.attemptAt = this.now;
    this.task.progress = 0;
    this.task.startedAt = null;
  }

  /** Adds to what the last event tells. `json` is spliced, so that its numbers stay as they are. */
  private mention(name: string, json: string): void {
    const last = this.change.events.at(-1);
    // Stryker disable next-line ConditionalExpression,OptionalChaining: it is called after a step with data, which only the types do not know
    if (last?.data) last.data = `${last.data.slice(0, -1)},${JSON.stringify(name)}:${json}}`;
  }

  private say(message: string | null): void {
    if (message !== null) this.task.message = message;
  }

  private end(status: EndStatus, data: object, error: TaskError | null = null): void {
    this.task.finishedAt = this.now;
    this.change.error = error;
    this.change.dispatch = { kind: 'end' };
    this.step(status, status, data);
  }

  private step(type: TaskEventType, to: TaskStatus, data: object): void {
    // Stryker disable next-line ConditionalExpression,StringLiteral: it guards against a fold that is written otherwise
    if (!TRANSITIONS[type].to.includes(to)) throw new Error(`the state table has no ${type} to ${to}`);
    const { task } = this;
    task.status = to;
    task.seq++;
    task.updatedAt = this.now;
    this.change.events.push({
      taskId: task.id,
      seq: task.seq,
      type,
      status: to,
      attempt: task.attempt,
      at: this.now,
      owner: task.owner,
      data: Object.keys(data).length === 0 ? null : JSON.stringify(data),
      // Stryker disable next-line ConditionalExpression: nothing follows on a success, so the others have none
      result: type === 'succeeded' ? this.change.result : null,
    });
  }

  /** Lets an event happen where the state table has it; otherwise the fact came too late, or too early. */
  private happen(event: TaskEventType, apply: () => void): Outcome {
    const { status, attempt } = this.task;
    if (!mayHappen(event, status, attempt))
      return ignored(isOpen(status) ? 'stale_attempt' : 'already_terminal');
    apply();
    return APPLIED;
  }

  /** What happens to an attempt happens only while it is the current one, and the task open. */
  private ofAttempt(attempt: number, apply: () => Outcome): Outcome {
    if (attempt !== this.task.attempt) return ignored('stale_attempt');
    return isOpen(this.task.status) ? apply() : ignored('already_terminal');
  }

  /** Whether a fact speaks of the current attempt: by its number, or by its time where it knows no number. */
  private isCurrent(attempt: number | null, at: Date | null): boolean {
    if (attempt !== null) return attempt === this.task.attempt;
    return this.task.attempt === 1 || (at !== null && at > this.task.attemptAt);
  }
}

/** Why there is a next attempt without a person's wish. */
type NextReason = 'failure' | 'time_limit' | 'lease_lost' | 'released';

type EndStatus = 'succeeded' | 'failed' | 'dead_lettered' | 'cancelled' | 'expired';

function attemptTimeout(attempt: number, { attemptTimeoutSeconds }: AttemptRules): TaskError {
  const message = `nothing was heard of attempt ${attempt} for ${attemptTimeoutSeconds ?? 0} s`;
  return { type: 'AttemptTimeout', message, code: 'attempt_timeout' };
}

function leaseLost(attempt: number): TaskError {
  return {
    type: 'LeaseLost',
    message: `the lease on attempt ${attempt} was not renewed`,
    code: 'lease_lost',
  };
}

/**
 * How long to wait before the next attempt: exponential, capped, with jitter over the upper half of the interval, so
 * that tasks that failed together do not come back together.
 */
function backOffSeconds(
  { backoffSeconds, factor, maxSeconds }: AttemptRules['retry'],
  used: number,
  random: number,
): number {
  const full = Math.min(backoffSeconds * factor ** (used - 1), maxSeconds);
  return full * (0.5 + random / 2);
}

function plusSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + Math.round(seconds * 1000));
}

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Partial<T>;
}
