import { Injectable, Logger } from '@nestjs/common';
import { within } from '../background/within.js';

/** How one dependency is. `degraded` works, with something missing. */
export interface CheckResult {
  status: 'ok' | 'degraded' | 'failed';
  /** A sentence for people: no secrets, nothing of any task, for everybody may read it. */
  detail?: string;
}

/** Something that this process needs, or would like to have. */
export interface HealthCheck {
  name: string;
  /** Whether the process is of no use without it. What fails without being required counts as degraded. */
  required: boolean;
  /** May throw, which counts as failed, and may hang: it gets two seconds. */
  check(): Promise<CheckResult>;
}

/** One line of the report. */
export interface Dependency extends CheckResult {
  name: string;
}

export interface HealthReport {
  /** `failed` if a required dependency is, else the worst of all. */
  status: CheckResult['status'];
  dependencies: Dependency[];
}

const TIME_LIMIT = 2_000;

const logger = new Logger('Health');

/** Where the parts of a process register what they depend on; the role's modules decide what is required. */
@Injectable()
export class HealthRegistry {
  private readonly checks: HealthCheck[] = [];

  register(check: HealthCheck): void {
    this.checks.push(check);
  }

  /** Asks all dependencies at once; takes two seconds at most. */
  async report(): Promise<HealthReport> {
    const dependencies = await Promise.all(this.checks.map(ask));
    const has = (status: CheckResult['status']) =>
      dependencies.some((dependency) => dependency.status === status);
    return { status: has('failed') ? 'failed' : has('degraded') ? 'degraded' : 'ok', dependencies };
  }
}

/** What an error says is for the log: readiness is open to all, and errors name hosts and users. */
async function ask(dependency: HealthCheck): Promise<Dependency> {
  const { name, required } = dependency;
  try {
    const result = await within(TIME_LIMIT, dependency.check());
    return { name, ...result, status: weighed(result.status, required) };
  } catch (err) {
    logger.warn({ message: 'A dependency fails', dependency: name, err });
    return { name, status: weighed('failed', required), detail: 'It does not answer; the log says why.' };
  }
}

function weighed(status: CheckResult['status'], required: boolean): CheckResult['status'] {
  return status === 'failed' && !required ? 'degraded' : status;
}
