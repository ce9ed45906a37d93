import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { HOLDER } from './holder.js';

/** So long keyed tasks wait when whoever holds it is killed. */
const LEASE_SECONDS = 12;

/** It is renewed when less than this is left. */
const RENEW_SECONDS = 10;

/**
 * In this rest of the lease a send that has begun is over, well or badly, unless it had to wait for another one to the same topic:
 * so two relays do not send at the same time.
 */
const LAST_SECONDS = 7;

const TAKE = `
  INSERT INTO relay_leases AS l (name, epoch, holder, held_until)
  VALUES ('ordering', 1, $1, now() + make_interval(secs => $2))
  ON CONFLICT (name) DO UPDATE SET
    epoch = l.epoch + CASE WHEN l.holder = excluded.holder THEN 0 ELSE 1 END,
    holder = excluded.holder, held_until = excluded.held_until
  WHERE l.holder = excluded.holder OR l.held_until <= now()
  RETURNING epoch`;

/** The row lease of the one relay that publishes dispatches with an ordering key. */
@Injectable()
export class OrderingLease {
  private epoch: number | null = null;
  /** On the clock of `performance.now()`; measured from before the row was written, so never too long. */
  private heldUntil = 0;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /** Takes or renews the lease. Answers with its epoch and until when to begin sends, or null while another has it. */
  async hold(): Promise<{ epoch: number; sendUntil: number } | null> {
    if (this.epoch === null || this.heldUntil - performance.now() < RENEW_SECONDS * 1000) await this.take();
    return this.epoch === null
      ? null
      : { epoch: this.epoch, sendUntil: this.heldUntil - LAST_SECONDS * 1000 };
  }

  /** Lets another relay begin at once. */
  async release(): Promise<void> {
    if (this.epoch === null) return;
    this.epoch = null;
    await this.dataSource.query(
      `UPDATE relay_leases SET held_until = now() WHERE name = 'ordering' AND holder = $1`,
      [this.holder],
    );
  }

  private async take(): Promise<void> {
    const start = performance.now();
    const rows: { epoch: number }[] = await this.dataSource.query(TAKE, [this.holder, LEASE_SECONDS]);
    this.epoch = rows[0]?.epoch ?? null;
    this.heldUntil = start + LEASE_SECONDS * 1000;
  }
}
