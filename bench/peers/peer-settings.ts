/** What the bench tells a peer, as JSON in its first argument. */
export interface PeerSettings {
  port: number;
  databaseUrl: string;
  brokers: string;
  requestTopic: string;
  resultTopic: string;
}

export const settings = JSON.parse(process.argv[2] ?? '') as PeerSettings;
