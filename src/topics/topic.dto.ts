import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** How far one consumer group is behind on a topic. */
export class TopicLag {
  group!: string;

  /** Records that it has not read yet. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  lag!: number;
}

/** A topic that Taskwire writes or reads. */
@ApiSchema({ name: 'Topic' })
export class TopicResponse {
  name!: string;

  /** Null if it does not exist. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  partitions!: number | null;

  /** Of our own consumer groups; those of compute workers are theirs. */
  lag!: TopicLag[];

  /** Open dead letters that came from it. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  openDeadLetters!: number;
}

/** All topics of the installation. */
@ApiSchema({ name: 'Topics' })
export class TopicsResponse {
  items!: TopicResponse[];
}
