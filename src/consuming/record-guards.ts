import { Gauge } from 'prom-client';
import type { Metrics } from '../observability/metrics.js';
import { RecordGuard } from './record-guard.js';

/** The guards of this process's listeners, and the metrics of what they see. */
export class RecordGuards {
  private readonly guards: RecordGuard[] = [];

  /** @param limit how many dead letters a listener may write in a minute; `null`: as many as there are */
  constructor(
    metrics: Metrics,
    private readonly limit: number | null,
  ) {
    this.addGauge(
      metrics,
      'taskwire_unprocessable_share',
      'Share of the records that a listener of this process read in the last minute and that became dead letters, 0 to 1',
      ({ share }) => share,
    );
    this.addGauge(
      metrics,
      'taskwire_listener_paused',
      'Whether a listener of this process waits because it has written DLQ_LIMIT dead letters within a minute: 1 or 0',
      ({ paused }) => Number(paused),
    );
  }

  /** Makes the guard of a listener. */
  add(options: { name: string; readsLetters: boolean }): RecordGuard {
    const guard = new RecordGuard({ ...options, limit: this.limit });
    this.guards.push(guard);
    return guard;
  }

  all(): readonly RecordGuard[] {
    return this.guards;
  }

  private addGauge(
    { registry }: Metrics,
    name: string,
    help: string,
    valueOf: (guard: RecordGuard) => number,
  ): void {
    const { guards } = this;
    new Gauge({
      name,
      help,
      labelNames: ['listener'] as const,
      registers: [registry],
      collect() {
        for (const guard of guards) this.set({ listener: guard.name }, valueOf(guard));
      },
    });
  }
}
