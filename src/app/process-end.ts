import type { LoggerService } from '@nestjs/common';

/**
 * Ends this process with 0 on the first SIGTERM or SIGINT, once `drain` is done; with 1 if that fails or takes longer
 * than `seconds`. More signals change nothing: npm and a terminal both send one.
 */
export function endOnSignal(seconds: number, logger: LoggerService, drain: () => Promise<void>): void {
  let draining = false;
  const begin = (signal: NodeJS.Signals) => {
    if (draining) return;
    draining = true;
    logger.log({ message: 'Draining', signal });
    setTimeout(() => {
      endNow(logger, `The drain took longer than ${seconds} s`);
    }, seconds * 1000);
    drain().then(
      () => process.exit(0),
      (err: unknown) => {
        endNow(logger, 'The drain failed', err);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
}

/** Ends this process with 1 on an error that nobody handled: what it left behind may be in any state. */
export function endOnUnhandledError(logger: LoggerService): void {
  process.on('unhandledRejection', (err) => {
    endNow(logger, 'Nobody handled a rejection', err);
  });
  process.on('uncaughtException', (err) => {
    endNow(logger, 'Nobody handled an error', err);
  });
}

function endNow(logger: LoggerService, message: string, err?: unknown): never {
  logger.fatal?.({ message, err });
  process.exit(1);
}
