/** How to reach the brokers. Nothing in it can only be met by a cluster of one node. */
export interface KafkaTransportOptions {
  /** `host:port` each; any of them is enough to find the others. */
  brokers: string[];
  /** Names us in the brokers' logs and quotas. */
  clientId: string;
  /** `true` trusts the system's authorities; PEM texts otherwise. Left out: no TLS. */
  ssl?: true | KafkaTlsOptions;
  /** Left out: no authentication. */
  sasl?: KafkaSaslOptions;
  /** Of the topics that `ensure` makes; left out, the broker's default counts. */
  replicationFactor?: number;
  /** A consumer that was silent for so long loses its partitions to others; 10 s by default. */
  sessionTimeoutMs?: number;
}

/** PEM texts. */
export interface KafkaTlsOptions {
  ca?: string;
  cert?: string;
  key?: string;
  rejectUnauthorized?: boolean;
}

export interface KafkaSaslOptions {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string;
}
