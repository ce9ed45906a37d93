/** One caller's item and how to tell it what became of it. */
interface Waiting<T, R> {
  item: T;
  weight: number;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/** What the work answers for one item: its result, or the error that is its own. */
export type Settled<R> = { result: R } | { error: unknown };

export interface GroupCommitOptions<T, R> {
  /** Does the items' work together and answers for each in the same order. What it throws is everybody's. */
  work: (items: T[]) => Promise<Settled<R>[]>;
  /** What one round takes at the most, in the unit of `weight`; an item that weighs more goes alone. */
  maxWeight: number;
  /** What an item weighs (default 1). */
  weight?: (item: T) => number;
  /** How many rounds may be under way at a time while what waits fills another one (default 1); not together with `keys`. */
  atOnce?: number;
  /** Items that have a key in common do not share a round; the later one waits. */
  keys?: (item: T) => readonly string[];
  /** Whose an item is (default: all are one's). Where not all fit into a round, everybody's items take turns. */
  owner?: (item: T) => string;
}

/**
 * Gathers concurrent callers into shared rounds of work, without a time window: a round takes whatever came while the
 * one before was under way, or in the same turn of the event loop: the requests that waited in the sockets, the batches of one
 * fetch. A lone caller never waits longer than that, and many share one transaction. With a backlog rounds may run side by side,
 * so that this process works while the database does.
 */
export class GroupCommit<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private waitingWeight = 0;
  private running = 0;
  private isBeginning = false;
  /** In which round each owner that waits was served last. */
  private readonly lastServed = new Map<string, number>();
  private served = 0;
  private idle: (() => void)[] = [];

  constructor(private readonly options: GroupCommitOptions<T, R>) {}

  /** Resolves or rejects with what became of this item. Items of one owner keep the order in which they were added. */
  add(item: T): Promise<R> {
    const weight = this.options.weight?.(item) ?? 1;
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, weight, resolve, reject });
      this.waitingWeight += weight;
      this.begin();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  drained(): Promise<void> {
    if (this.isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private begin(): void {
    if (this.isBeginning || !this.isRoundDue()) return;
    this.isBeginning = true;
    setImmediate(() => {
      this.isBeginning = false;
      void this.run(this.takeRound());
      this.begin();
    });
  }

  /** A round beside another one has to be full: half a round costs nearly as much, and there is more to take if it waits. */
  private isRoundDue(): boolean {
    const { maxWeight, atOnce = 1 } = this.options;
    if (this.waiting.length === 0) return false;
    return this.running === 0 || (this.running < atOnce && this.waitingWeight >= maxWeight);
  }

  private isIdle(): boolean {
    return this.running === 0 && this.waiting.length === 0;
  }

  private async run(round: Waiting<T, R>[]): Promise<void> {
    this.running++;
    try {
      const settled = await this.options.work(round.map(({ item }) => item));
      round.forEach(({ resolve, reject }, index) => {
        const outcome = settled[index];
        if (outcome && 'result' in outcome) resolve(outcome.result);
        else
          reject(outcome ? outcome.error : new Error('the round answered for fewer items than it was given'));
      });
    } catch (error) {
      for (const { reject } of round) reject(error);
    } finally {
      this.running--;
      this.begin();
      this.tellIdle();
    }
  }

  private tellIdle(): void {
    if (!this.isIdle()) return;
    this.idle.splice(0).forEach((resolve) => {
      resolve();
    });
  }

  /** The next round: as many as the weight allows, in order, leaving out those whose keys are in it or before them. */
  private takeRound(): Waiting<T, R>[] {
    const { maxWeight, keys = () => [], owner } = this.options;
    const round = new Set<Waiting<T, R>>();
    const seen = new Set<string>();
    let total = 0;
    let full = false;
    for (const waiting of owner ? this.inTurns(owner) : this.waiting) {
      const own = keys(waiting.item);
      total += full ? 0 : waiting.weight;
      full ||= round.size > 0 && total > maxWeight;
      if (!full && !own.some((key) => seen.has(key))) round.add(waiting);
      for (const key of own) seen.add(key);
    }
    this.waiting = this.waiting.filter((waiting) => !round.has(waiting));
    for (const { weight } of round) this.waitingWeight -= weight;
    if (owner) this.noteServed(round, owner);
    return [...round];
  }

  /** What waits: everybody's first, then everybody's second, and so on; in each turn who was served longest ago comes first. */
  private inTurns(owner: (item: T) => string): Waiting<T, R>[] {
    const turns: Waiting<T, R>[][] = [];
    const taken = new Map<string, number>();
    for (const waiting of this.waiting) {
      const name = owner(waiting.item);
      const turn = taken.get(name) ?? 0;
      taken.set(name, turn + 1);
      (turns[turn] ??= []).push(waiting);
    }
    const lastServed = ({ item }: Waiting<T, R>): number => this.lastServed.get(owner(item)) ?? 0;
    return turns.flatMap((turn) => turn.sort((a, b) => lastServed(a) - lastServed(b)));
  }

  /** Remembers who was served, of those who still wait. */
  private noteServed(round: Iterable<Waiting<T, R>>, owner: (item: T) => string): void {
    this.served++;
    for (const { item } of round) this.lastServed.set(owner(item), this.served);
    const stillWaiting = new Set(this.waiting.map(({ item }) => owner(item)));
    for (const name of this.lastServed.keys()) if (!stillWaiting.has(name)) this.lastServed.delete(name);
  }
}
