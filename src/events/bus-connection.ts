import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { HintChannel, HintListener } from './hint-channel.js';
import { fromPayload, toPayloads } from './hint-payload.js';
import { Rounds } from './rounds.js';

/** Of the connection attempt, and of each statement, which does next to nothing. In milliseconds. */
const TIMEOUT = 5_000;

/**
 * From one statement to the next, in milliseconds, unless it failed or the process ends: a hint that comes alone goes at once, and those of a load together. Each
 * costs whoever listens an awakening, and this process, too.
 */
const REST = 10;

/** How often a connection shows that it is alive, in milliseconds: one that nobody uses can be dead for hours. */
const HEARTBEAT_INTERVAL = 15_000;

/** The payload by which a process that listens tells the others so: when it has connected, and with each heartbeat. */
const PRESENCE = '';

/** Who was not heard of for so long, in milliseconds, does not listen any more: two heartbeats may be lost. */
const PRESENCE_LASTS = 50_000;

/** The first and the longest pause before it connects again, in milliseconds. */
const BACK_OFF = { first: 100, longest: 5_000 };

/**
 * Channels belong to a database, and installations to a schema of it. Hints are lossy anyway, so nothing of them has
 * to survive a crash of the server.
 */
const SET_UP = `
  SELECT set_config('synchronous_commit', 'off', false),
    'taskwire_' || quote_ident(current_schema())::regnamespace::oid AS channel`;

/** One statement for all payloads, because sessions that notify wait for each other. Without any it only shows that the connection is alive. */
const NOTIFY = {
  name: 'notify',
  text: 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload',
};

/**
 * The event bus between processes: PostgreSQL's `LISTEN` and `NOTIFY` on a connection of its own, which must be a
 * direct one (no transaction pooler). It carries hints, and hints get lost: what cannot be sent now is dropped. A process that
 * listens, and hears of no other one that does, sends none: they cost it and the database a transaction each.
 */
export class BusConnection implements HintChannel, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(BusConnection.name);
  private readonly stop = new AbortController();
  private readonly gathered = new Set<string>();
  private readonly sending = new Rounds(
    () => this.sendGathered(),
    (error) => {
      this.logger.debug({ message: 'Hints were lost', err: error });
      // This statement does next to nothing: what failed is the connection.
      void this.session?.client.end();
    },
  );
  private listener: HintListener | null = null;
  private session: { client: pg.Client; channel: string } | null = null;
  private sessions: Promise<void> | undefined;
  private isPresenceDue = false;
  /** Until when somebody else listens, as far as is known; on the clock of `now`. */
  private othersUntil = 0;

  /**
   * @param url of the database, as in the configuration
   * @param now milliseconds that only rise
   */
  constructor(
    private readonly url: string,
    private readonly now = () => performance.now(),
  ) {}

  /** Whether hints come and go at the moment. */
  get isConnected(): boolean {
    return this.session !== null;
  }

  /** Names the one who is told about other processes' hints. Without one, the connection does not listen. */
  listen(listener: HintListener): void {
    this.listener = listener;
  }

  /** Hints other processes at these tasks. Those that gather until the next statement go together. */
  send(taskIds: Iterable<string>): void {
    // Who does not listen cannot know, and hints anyway.
    if (this.listener !== null && this.now() > this.othersUntil) return;
    for (const taskId of taskIds) this.gathered.add(taskId);
    this.sending.request();
  }

  onModuleInit(): void {
    this.sessions = this.keepConnected();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stop.abort();
    // What the last requests of this process brought about goes out before it.
    await this.sending.quiet();
    await this.session?.client.end();
    await this.sessions;
  }

  private async sendGathered(): Promise<void> {
    const rested = pause(REST, undefined, { ref: false, signal: this.stop.signal }).catch(() => undefined);
    const payloads = toPayloads(this.gathered);
    this.gathered.clear();
    if (this.isPresenceDue) payloads.push(PRESENCE);
    this.isPresenceDue = false;
    if (this.session) await this.session.client.query(NOTIFY, [this.session.channel, payloads]);
    else this.logger.debug('Hints were lost: the event bus is not connected');
    await rested;
  }

  private async keepConnected(): Promise<void> {
    let failures = 0;
    while (!this.stop.signal.aborted) {
      try {
        await this.holdSession(() => (failures = 0));
      } catch (error) {
        this.logger.warn({ message: 'The event bus cannot connect', err: error });
      }
      const longest = Math.min(BACK_OFF.longest, BACK_OFF.first * 2 ** failures++);
      await pause(longest * (0.5 + Math.random() / 2), undefined, { signal: this.stop.signal }).catch(
        () => undefined,
      );
    }
  }

  /** Connects, and resolves when the connection has ended. Rejects when it cannot be made. */
  private async holdSession(onConnected: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'taskwire event bus',
      connectionTimeoutMillis: TIMEOUT,
      query_timeout: TIMEOUT,
      keepAlive: true,
    });
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('error', (error) => {
      this.logger.warn({ message: 'The event bus lost its connection', err: error });
    });
    const heartbeat = setInterval(() => {
      this.beat();
    }, HEARTBEAT_INTERVAL);
    try {
      await client.connect();
      const channel = await this.setUp(client);
      if (this.stop.signal.aborted) return;
      this.session = { client, channel };
      // Nobody's presence was to be heard before.
      this.othersUntil = this.now() + PRESENCE_LASTS;
      this.beat();
      onConnected();
      this.listener?.connected();
      await ended;
    } finally {
      this.session = null;
      clearInterval(heartbeat);
      await client.end();
    }
  }

  private beat(): void {
    this.isPresenceDue = this.listener !== null;
    this.sending.request();
  }

  private async setUp(client: pg.Client): Promise<string> {
    const { rows } = await client.query<{ channel: string }>(SET_UP);
    const channel = rows[0]?.channel;
    if (channel === undefined) throw new Error('the database has no current schema');
    if (this.listener) {
      client.on('notification', (notification) => {
        this.receive(client, notification);
      });
      await client.query(`LISTEN ${channel}`);
    }
    return channel;
  }

  private receive(client: pg.Client, { processId, payload }: pg.Notification): void {
    // Within one process events skip the bus.
    if (processId === (client as pg.Client & { processID: number }).processID || payload === undefined)
      return;
    if (payload === PRESENCE) {
      this.othersUntil = this.now() + PRESENCE_LASTS;
      return;
    }
    try {
      this.listener?.hinted(fromPayload(payload));
    } catch (error) {
      this.logger.warn({ message: 'A hint could not be read', err: error });
    }
  }
}
