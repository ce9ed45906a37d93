import kafkajs, { type Admin } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.js';
import type { KafkaBroker } from '../../test/support/kafka.js';
import { lostLetters } from '../check/letters.js';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';

// Node does not find these exports by their names.
const { Kafka, logLevel } = kafkajs;

const PARTITIONS = 3;
const BELOW_MS = 20_000;

/** What was on the topics is gone: without a limit such tasks wait for their expiry, which is days. */
const TIME_LIMIT_SECONDS = 10;

async function withAdmin<T>({ servers }: Stage, work: (admin: Admin) => Promise<T>): Promise<T> {
  const brokers = servers.kafka.brokers.split(',');
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/**
 * What was written for the dead letter listener and not read is lost with its topic, and nobody could have kept it: no
 * more is written, and what there is is waited for.
 */
async function untilLettersAreKept({ topicWorker, history, inspector }: Stage): Promise<void> {
  await topicWorker.holdLetters();
  const areKept = async (): Promise<void> => {
    const lost = lostLetters(history.entries(), await inspector.dump());
    if (lost.length > 0) throw new Error(`${lost.length} letters are not there yet`);
  };
  await eventually(areKept, { timeoutMs: 30_000, intervalMs: 200 });
}

async function makeAnew(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  // The name is free a little later; Taskwire itself may be the first to make it.
  await eventually(async () => {
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`${topic} is not there yet`);
  });
}

async function leaderOf(stage: Stage, topic: string): Promise<KafkaBroker> {
  const metadata = await withAdmin(stage, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  const leader = metadata.topics[0]?.partitions[0]?.leader ?? 0;
  const node = stage.servers.nodes[leader - 1];
  if (!node) throw new Error(`there is no node ${leader}`);
  return node;
}

function leaderKilled(): Fault {
  let killed: KafkaBroker | undefined;
  return {
    name: 'leader-kill',
    about:
      'three nodes, two of which have to be in sync: `kill -9` of the one that leads a request topic; started again when the others have recovered',
    cluster: 'three-nodes-two-in-sync',
    inject: async (stage) => {
      killed = await leaderOf(stage, stage.types.wild.requestTopic);
      await killed.kill();
    },
    mend: async () => {
      await killed?.start();
    },
  };
}

/** Kafka loses what it had, or a part of itself. */
export const BROKER_LOSS_FAULTS: Fault[] = [
  {
    name: 'empty-log',
    about: `\`kill -9\` of the broker, which comes back with nothing: no records, topics or groups (types with a time limit of ${TIME_LIMIT_SECONDS} s)`,
    attemptTimeoutSeconds: TIME_LIMIT_SECONDS,
    usesUp: true,
    inject: async (stage) => {
      const { kafka } = stage.servers;
      await untilLettersAreKept(stage);
      await kafka.kill();
      await kafka.empty();
      await kafka.start();
    },
    mend: ({ topicWorker }) => {
      topicWorker.releaseLetters();
      return Promise.resolve();
    },
  },
  {
    name: 'topic-anew',
    about: `a request topic and its result topic are deleted and made anew (types with a time limit of ${TIME_LIMIT_SECONDS} s)`,
    attemptTimeoutSeconds: TIME_LIMIT_SECONDS,
    inject: async (stage) => {
      await untilLettersAreKept(stage);
      const { requestTopic, resultTopic } = stage.types.wild;
      await withAdmin(stage, async (admin) => {
        for (const topic of [requestTopic, resultTopic]) await makeAnew(admin, topic);
      });
    },
    mend: ({ topicWorker }) => {
      topicWorker.releaseLetters();
      return Promise.resolve();
    },
  },
  leaderKilled(),
  {
    name: 'below-min-insync',
    about: `three nodes, all of which have to be in sync: one is killed and started again after ${BELOW_MS / 1_000} s`,
    cluster: 'three-nodes-all-in-sync',
    inject: async ({ servers: { nodes } }, random) => {
      const node = random.pick(nodes);
      await node.kill();
      await pause(BELOW_MS);
      await node.start();
    },
  },
];
