import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Installation } from '../../test/e2e/installation.js';
import { Cable } from '../../test/support/cable.js';
import { ROOT } from '../../test/support/cache.js';
import { Child } from '../../test/support/child.js';
import { pythonInterpreter } from '../../test/support/python.js';
import type { History } from '../history/history.js';
import { CREDENTIALS, introducePeople } from '../mix/people.js';
import { ClaimWorker } from '../workers/claim-worker.js';
import { TopicWorker } from '../workers/topic-worker.js';
import { DatabaseInspector } from './database-inspector.js';
import { Doors } from './doors.js';
import { Member } from './member.js';
import type { Scene } from './scene.js';
import type { Servers } from './servers.js';
import { writeTypes, type StageTypes } from './types.js';

const SDK = path.join(ROOT, 'workers', 'python');
const SDK_WORKER = path.join(ROOT, 'faults', 'workers', 'sdk_worker.py');

/** For `NODE_OPTIONS`: a process whose objects take more MB ends, and what it needs no more it clears away before that. */
export const HEAP_LIMIT = '--max-old-space-size=256';

/** What a trial runs on: two processes of each role, workers of four kinds, and servers that can be broken. */
export interface Stage extends Scene {
  servers: Servers;
  installation: Installation;
  types: StageTypes;
  /** Between PostgreSQL and the second process of each role; that to Kafka is the servers'. */
  cable: Cable;
  topicWorker: TopicWorker;
}

/**
 * Starts everything, and waits until Taskwire finds all that it needs.
 *
 * @param folder where the application is, if not here
 * @param timeLimit of attempts on topics, in seconds
 */
export async function setStage(
  servers: Servers,
  history: History,
  folder?: string,
  timeLimit?: number,
): Promise<Stage> {
  const { brokers } = servers.kafka;
  const installation = await Installation.create({
    brokers,
    databaseUrl: servers.postgres.url,
    env: { ...CREDENTIALS, NODE_OPTIONS: HEAP_LIMIT },
    ...(folder !== undefined && { folder }),
  });
  const types = await writeTypes(installation, timeLimit);
  const cable = await Cable.to(servers.postgres.url);
  const cabled = {
    DATABASE_URL: cable.address(installation.databaseUrl),
    KAFKA_BROKERS: servers.byCable?.brokers ?? brokers,
  };
  const pair = (role: 'web' | 'worker'): Promise<Member[]> =>
    Promise.all([
      Member.start(installation, role, { TASK_TYPES: types.file }),
      Member.start(installation, role, { TASK_TYPES: types.file, ...cabled }),
    ]);
  const [webs, workers] = await Promise.all([pair('web'), pair('worker')]);
  // Then there are topics for the workers, too.
  await Promise.all([...webs, ...workers].map((member) => member.ready()));
  const doors = new Doors(webs.map(({ url }) => url));
  const people = await introducePeople();
  const [topicWorker, sdkWorker] = await Promise.all([
    TopicWorker.start(brokers, types.wild, history),
    startSdkWorker(brokers, types),
    installation.startPlainWorker(),
  ]);
  const claimWorker = new ClaimWorker(doors, people.compute.token, history);
  const close = async (): Promise<void> => {
    await Promise.all([claimWorker.close(), topicWorker.close(), sdkWorker.stop('SIGKILL')]);
    await installation.close();
    await cable.cut();
    await rm(types.file);
  };
  return {
    servers,
    installation,
    // It begins with about 150.
    memoryMb: 400,
    webs,
    workers,
    types,
    taskTypes: { all: ['wild', 'claimed', 'default', 'sdk'], keyed: ['wild', 'claimed'] },
    cable,
    topicWorker,
    doors,
    people,
    history,
    inspector: new DatabaseInspector(installation),
    poison: (key, value) => topicWorker.poison(key, value),
    crashed: () => installation.crashed(),
    close,
  };
}

async function startSdkWorker(brokers: string, { sdk }: StageTypes): Promise<Child> {
  const python = await pythonInterpreter();
  return Child.start(python, [SDK_WORKER], {
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: path.join(SDK, 'src'),
      KAFKA_BROKERS: brokers,
      REQUEST_TOPIC: sdk.requestTopic,
      RESULT_TOPIC: sdk.resultTopic,
    },
  });
}
