import { startServers, type Cluster, type Servers } from './servers.js';

/** The servers of one trial after the other, which are started anew where another kind is needed. */
export class Stock {
  private cluster: Cluster | undefined;
  private servers: Servers | undefined;

  /** Servers of this kind: those of the last trial, if they are. */
  async take(cluster: Cluster): Promise<Servers> {
    if (this.servers && this.cluster === cluster) return this.servers;
    await this.discard();
    this.cluster = cluster;
    this.servers = await startServers(cluster);
    return this.servers;
  }

  /** Ends those that there are. */
  async discard(): Promise<void> {
    const { servers } = this;
    this.servers = undefined;
    await servers?.close();
  }
}
