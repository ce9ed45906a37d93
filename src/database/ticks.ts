/**
 * Resolves after so many ticks of Node's queue, before anything comes from outside. At each, all that is settled by then has been
 * heard by whoever waited for it.
 */
export async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) {
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
  }
}
