import { readFileSync } from 'node:fs';
import type { Member } from '../stage/member.js';

const INTERVAL_MS = 500;

/** Looks at the memory of processes now and then: one that is killed takes its own count with it. */
export class MemoryWatch {
  private readonly timer: NodeJS.Timeout;
  private peak = 0;

  constructor(private readonly members: () => readonly Member[]) {
    this.timer = setInterval(() => {
      this.look();
    }, INTERVAL_MS);
  }

  /** The most that any of them ever had resident, in MB; 0 where the system has no /proc. */
  peakMb(): number {
    this.look();
    return this.peak;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const { pid } of this.members()) if (pid !== undefined) this.peak = Math.max(this.peak, peakOf(pid));
  }
}

/** The kernel keeps the peak itself. */
function peakOf(pid: number): number {
  try {
    const kB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kB ?? 0) / 1024);
  } catch {
    return 0;
  }
}
