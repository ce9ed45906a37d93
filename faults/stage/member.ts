import { eventually } from '../../test/support/eventually.js';
import { freePort } from '../../test/support/ports.js';
import type { TaskwireProcess } from '../../test/support/process.js';

export type Role = 'all' | 'web' | 'worker';

/** What starts Taskwire with the settings of a stage; an installation does. */
export interface Starter {
  start(role: Role, env?: Record<string, string>, folder?: string): Promise<TaskwireProcess>;
}

/** One of the Taskwire processes of a stage, at an address that it keeps. */
export class Member {
  private process: TaskwireProcess | undefined;
  /** What those before it said, and how many characters it was. */
  private formerOutput = '';
  private formerlySaid = 0;

  private constructor(
    private readonly starter: Starter,
    readonly role: Role,
    private readonly env: Record<string, string>,
  ) {}

  static async start(starter: Starter, role: Role, env: Record<string, string>): Promise<Member> {
    const member = new Member(starter, role, { ...env, PORT: String(await freePort()) });
    await member.start();
    return member;
  }

  get url(): string {
    return `http://127.0.0.1:${this.env.PORT ?? ''}`;
  }

  /** Of the process that runs now, if one does. */
  get pid(): number | undefined {
    return this.process?.running ? this.process.pid : undefined;
  }

  /** What its processes have said so far, one after the other. */
  output(): string {
    return this.formerOutput + (this.process?.output() ?? '');
  }

  /** How many characters its processes have said so far, also of what is not kept. */
  get said(): number {
    return this.formerlySaid + (this.process?.said ?? 0);
  }

  /** Starts it; resolves when it listens. `env` and `folder`, where the application is, are for this start only. */
  async start(env: Record<string, string> = {}, folder?: string): Promise<void> {
    this.formerOutput = this.output();
    this.formerlySaid = this.said;
    this.process = undefined;
    this.process = await this.starter.start(this.role, { ...this.env, ...env }, folder);
  }

  /** Resolves when all that it depends on is well. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        const { status } = (await (await fetch(`${this.url}/health/ready`)).json()) as { status: string };
        if (status !== 'ok') throw new Error(`${this.role} is ${status}`);
      },
      { timeoutMs: 60_000, intervalMs: 100 },
    );
  }

  /** Starts it again if it has ended by itself, as an orchestrator would. */
  async revive(): Promise<void> {
    if (this.process && !this.process.running) await this.start();
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL');
  }

  /** SIGTERM; resolves when it has ended. Rejects unless it said 0. */
  async terminate(): Promise<void> {
    const code = await this.process?.stop('SIGTERM', 40_000);
    if (code !== 0) throw new Error(`${this.role} ended with ${String(code)} after SIGTERM`);
  }

  /** Sends a signal to the process that runs, if one does. */
  signal(signal: NodeJS.Signals): void {
    this.process?.signal(signal);
  }

  /** Resolves when it has ended by itself. */
  async ended(timeoutMs: number): Promise<void> {
    const isOver = (): void => {
      if (this.pid !== undefined) throw new Error(`the ${this.role} did not end in ${timeoutMs} ms`);
    };
    await eventually(isOver, { timeoutMs, intervalMs: 20 });
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.process?.signal('SIGCONT');
  }
}
