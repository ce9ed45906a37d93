import type { Scene } from '../stage/scene.js';
import type { Random } from '../mix/random.js';
import type { Cluster } from '../stage/servers.js';
import type { Stage } from '../stage/stage.js';

/** What there is to say of a fault. */
interface Description {
  name: string;
  /** For the table: what is done. */
  about: string;
  /** The Kafka that it needs, if not one node. */
  cluster?: Cluster;
  /** Whether everything starts as the version before the newest migration. */
  fromFormerVersion?: boolean;
  /** Whether the workers of others may not outlive it, so that no second trial on the same stage means anything. */
  usesUp?: boolean;
  /** After how many seconds a task on topics that nobody reports of is given to another worker, if ever. */
  attemptTimeoutSeconds?: number;
}

/** Something that breaks while the mix runs. */
export interface Fault extends Description {
  embedded?: false;
  /** Breaks it; resolves when what was broken is whole again, or when those who are left have to do without it. */
  inject(stage: Stage, random: Random): Promise<void>;
  /** Puts back what `inject` left broken; the recovery is not measured from here. */
  mend?(stage: Stage): Promise<void>;
}

/** Something that happens to the one process that has its database within itself. */
export interface EmbeddedFault extends Description {
  embedded: true;
  mend?: undefined;
  /** As that of a fault. */
  inject(scene: Scene, random: Random): Promise<void>;
}
