/** Where a driver writes what people who run it should know; never secrets, never a record's content. */
export type TransportLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;
