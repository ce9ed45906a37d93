import { AppError } from '../errors/app-error.js';

/** How much room there is, in bytes. */
interface Room {
  forAll: number;
  /** For one owner, so that nobody keeps everybody else out. */
  forOne: number;
}

/** Bounds what waits for a database that is slow: it must not fill the memory. */
export class WaitingRoom {
  private bytes = 0;
  private readonly byOwner = new Map<string, number>();

  constructor(private readonly room: Room) {}

  /**
   * Does `work` while so many bytes of an owner wait for it.
   *
   * @throws AppError `unavailable` if there is no room for them
   */
  async during<T>(owner: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const own = this.byOwner.get(owner) ?? 0;
    if (this.bytes + bytes > this.room.forAll || own + bytes > this.room.forOne)
      throw new AppError('unavailable', 'the database does not keep up; try again later');
    this.add(owner, bytes);
    try {
      return await work();
    } finally {
      this.add(owner, -bytes);
    }
  }

  private add(owner: string, bytes: number): void {
    this.bytes += bytes;
    const own = (this.byOwner.get(owner) ?? 0) + bytes;
    if (own === 0) this.byOwner.delete(owner);
    else this.byOwner.set(owner, own);
  }
}
