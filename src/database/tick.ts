/** Resolves when all that is settled by now has been heard by whoever waited for it, before anything comes from outside. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
