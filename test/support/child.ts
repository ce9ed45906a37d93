import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { eventually } from './eventually.js';

/** What `Child.start` takes besides the command. Without `env` the child inherits this process's. */
export interface ChildOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  uid?: number;
  gid?: number;
}

/** Only the newest output is kept; a broker can say a lot. */
const OUTPUT_LIMIT = 1_000_000;

/** The children of one test file that run; the leak check of `leak-environment.mjs` reads it. */
const running = ((globalThis as { testChildren?: Set<ChildProcess> }).testChildren ??= new Set());

/** A process that a test started: its output is kept, its end is a promise, and leaving it behind fails the test file. */
export class Child {
  readonly pid: number;
  /** The exit code; 128 plus its number after a signal, as in a shell. */
  readonly exited: Promise<number>;
  private text = '';
  private written = 0;

  private constructor(
    private readonly process: ChildProcess,
    pid: number,
  ) {
    this.pid = pid;
    const keep = (chunk: string): void => {
      this.text = (this.text + chunk).slice(-OUTPUT_LIMIT);
      this.written += chunk.length;
    };
    process.stdout?.setEncoding('utf8').on('data', keep);
    process.stderr?.setEncoding('utf8').on('data', keep);
    running.add(process);
    this.exited = new Promise((resolve) => {
      process.once('close', (code, signal) => {
        running.delete(process);
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
      });
    });
  }

  /** Starts a command, without a shell. Rejects when it cannot be executed. */
  static async start(command: string, args: string[], options: ChildOptions = {}): Promise<Child> {
    const process = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    await once(process, 'spawn');
    if (process.pid === undefined) throw new Error(`${command} has no process id`);
    return new Child(process, process.pid);
  }

  /** Runs a command to its end and gives its output. Rejects with that output when the exit code is not 0. */
  static async run(command: string, args: string[], options: ChildOptions = {}): Promise<string> {
    const child = await Child.start(command, args, options);
    const code = await child.exited;
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${child.output()}`);
    return child.output();
  }

  /** SIGKILL for all that run, for whoever is told to end at once. */
  static killAll(): void {
    for (const process of running) process.kill('SIGKILL');
  }

  /** Standard output and standard error so far, as they came; the newest million characters. */
  output(): string {
    return this.text;
  }

  /** How many characters of output there were, also those that are not kept. */
  get said(): number {
    return this.written;
  }

  /** Sends a signal; one that has ended takes none. */
  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Whether it has not ended yet. */
  get running(): boolean {
    return running.has(this.process);
  }

  /** Resolves with the first match of `pattern` in the output. Rejects, with the output, when the process ends before. */
  async waitForOutput(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    const found = await eventually(
      () => {
        const match = pattern.exec(this.text);
        if (!match && this.running) throw new Error(`No ${pattern.source} in ${timeoutMs} ms:\n${this.text}`);
        return match;
      },
      { timeoutMs },
    );
    if (!found) throw new Error(`Ended with ${await this.exited} before ${pattern.source}:\n${this.text}`);
    return found;
  }

  /** Ends the process with `signal`, after `graceMs` with SIGKILL, and resolves with its exit code. Twice is harmless. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 15_000): Promise<number> {
    this.signal(signal);
    const impatience = setTimeout(() => {
      this.signal('SIGKILL');
    }, graceMs);
    const code = await this.exited;
    clearTimeout(impatience);
    return code;
  }
}
