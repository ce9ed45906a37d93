/** What the bench tells these peers and their workers, as JSON in the first argument. */
export interface QueueSettings {
  port: number;
  databaseUrl: string;
  /** The schema that the URL leads into. */
  schema: string;
  redisPort: number;
}

export const settings = JSON.parse(process.argv[2] ?? '') as QueueSettings;

/** What every worker answers, at once. */
export const RESULT = { status: 'DONE', vector: [0.1, 0.2, 0.3] };
