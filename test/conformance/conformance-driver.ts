import type { SubscribeOptions, Transport } from '../../src/transport/transport.js';

/** What the conformance suite needs of a driver: its constructor, and the means to break things. */
export interface ConformanceDriver {
  /** A transport as a process of its own would have it. */
  connect(): Transport;
  /** A member of a group in a process that can be ended and halted. Resolves when it has joined. */
  startMember(options: MemberOptions): Promise<Member>;
  /** With all its records. Resolves when it is gone. */
  deleteTopic(name: string): Promise<void>;
  /** Ends the broker without warning. */
  crashBroker(): Promise<void>;
  /** Brings it back with all that it has; does nothing while it runs. */
  startBroker(): Promise<void>;
  /** Ends what the driver itself has started. */
  close(): Promise<void>;
}

export interface MemberOptions extends SubscribeOptions {
  /** `false`: its handler never comes to an end. */
  acknowledge: boolean;
}

/** A process that reads. */
export interface Member {
  /** The values of the records handed out so far, also those that were not acknowledged. */
  received(): string[];
  /** As by SIGKILL. */
  kill(): Promise<void>;
  /** As by SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** Leaves the group in peace; also after `kill`. */
  close(): Promise<void>;
}
