/** How far one consumer group is behind on a topic. */
export class TopicLag {
  group!: string;

  /** Records that it has not read yet. */
  lag!: number;
}

/** A topic that Taskwire writes or reads. */
export class TopicResponse {
  name!: string;

  /** Null if it does not exist. */
  partitions!: number | null;

  /** Of our own consumer groups; those of compute workers are theirs. */
  lag!: TopicLag[];

  /** Open dead letters that came from it. */
  openDeadLetters!: number;
}

/** All topics of the installation. */
export class TopicsResponse {
  items!: TopicResponse[];
}
