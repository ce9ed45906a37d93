/**
 * Waits for work, but no longer than so many milliseconds.
 *
 * @throws {Error} with `message` when the time is up; the work goes on unheard.
 */
export async function within<T>(
  milliseconds: number,
  work: Promise<T>,
  message = `no answer within ${milliseconds} ms`,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(message));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
