import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { cached } from './cache.js';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { KAFKA_VERSION, kafkaClassPath } from './kafka-jars.js';
import { freePort } from './ports.js';

export interface KafkaBrokerOptions {
  /** Of the plain listener; a free one by default. */
  port?: number;
  /** Over those of `server.properties`; what is undefined is left out. */
  properties?: Record<string, string | undefined>;
  /** Of the cluster that it is a node of; one of its own by default. */
  clusterId?: string;
  /** More arguments of `StorageTool format`. */
  format?: readonly string[];
  /** Java options instead of those that make it start quickly. */
  java?: readonly string[];
}

/** A broker of its own for one test, to be broken at will. */
export interface KafkaBroker {
  /** For `KAFKA_BROKERS`. Stays the same over stop and start. */
  brokers: string;
  /** SIGTERM; port and data are kept for `start`. Resolves when the process has ended. */
  stop: () => Promise<void>;
  /** SIGKILL; port and data are kept for `start`. */
  kill: () => Promise<void>;
  /** Starts it again after `stop` or `kill`. Resolves when it answers with metadata. */
  start: () => Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze: () => void;
  /** Ends a `freeze`. */
  thaw: () => void;
  /** Removes all records, topics and groups, while it is stopped. */
  empty: () => Promise<void>;
  /** Ends the process in whatever state it is, and removes the data. */
  close: () => Promise<void>;
}

/** Only the quick compiler: a start takes a third less of the processor, and tests start brokers often. */
const JVM = ['-Xms256m', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** With Kafka's classes as a broker had them that was started for it the first time: that takes another two fifths of a start. */
async function quickJvm(): Promise<string[]> {
  const folder = await cached(`kafka-${KAFKA_VERSION}-classes`, async (dir) => {
    const broker = await startKafkaBroker({
      java: [...JVM, `-XX:ArchiveClassesAtExit=${join(dir, CLASSES)}`],
    });
    await broker.stop();
    await broker.close();
  });
  return [...JVM, `-XX:SharedArchiveFile=${join(folder, CLASSES)}`];
}

const CLASSES = 'classes.jsa';

const LOGGING = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
`;

/** Starts a Kafka broker (KRaft, one node) on loopback with a data folder of its own. Needs Java 17 and Maven. */
export async function startKafkaBroker(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
  const classPath = await kafkaClassPath();
  const dir = await mkdtemp(join(tmpdir(), 'taskwire-kafka-'));
  const port = options.port ?? (await freePort());
  const brokers = `127.0.0.1:${port}`;
  const config = join(dir, 'server.properties');
  const logging = join(dir, 'log4j2.properties');
  const properties: Record<string, string | undefined> = {
    ...brokerProperties(join(dir, 'data'), port, await freePort()),
    ...options.properties,
  };
  await writeFile(config, toText(properties));
  await writeFile(logging, LOGGING);

  // Kafka unpacks its codecs' libraries into the folder for temporary files.
  const java = [
    ...(options.java ?? (await quickJvm())),
    `-Djava.io.tmpdir=${dir}`,
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    classPath,
  ];
  let process: Child | undefined;
  const start = async (): Promise<void> => {
    process = await Child.start('java', [...java, 'kafka.Kafka', config]);
    await untilReady(brokers, process);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await process?.stop(signal);
  };
  const close = async (): Promise<void> => {
    await end('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  };

  const clusterId = options.clusterId ?? newClusterId();
  const format = async (): Promise<void> => {
    // The nodes of a cluster know each other's addresses beforehand; one alone finds itself.
    const kind = properties['controller.quorum.voters'] === undefined ? ['--standalone'] : [];
    const rest = [`--cluster-id=${clusterId}`, '-c', config, ...(options.format ?? [])];
    await Child.run('java', [...java, 'kafka.tools.StorageTool', 'format', ...kind, ...rest]);
  };
  const empty = async (): Promise<void> => {
    await rm(join(dir, 'data'), { recursive: true, force: true });
    await format();
  };

  try {
    await format();
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    brokers,
    start,
    empty,
    close,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => {
      process?.signal('SIGSTOP');
    },
    thaw: () => {
      process?.signal('SIGCONT');
    },
  };
}

/** As Kafka wants it. */
export function newClusterId(): string {
  return Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
}

function brokerProperties(data: string, port: number, controllerPort: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '4',
    // After kill -9 the controller waits for the old session to end: 4.6 s with these two, 12.1 s without.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
  };
}

function toText(properties: Record<string, string | undefined>): string {
  return Object.entries(properties)
    .map(([key, value]) => (value === undefined ? '' : `${key}=${value}\n`))
    .join('');
}

/** The port opens before the broker is of use: waits until it lists itself in the cluster's metadata. */
async function untilReady(brokers: string, process: Child): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await eventually(
      async () => {
        if (!process.running) return;
        await admin.connect();
        const cluster = await admin.describeCluster();
        if (cluster.brokers.length === 0) throw new Error('the broker is not registered yet');
      },
      { timeoutMs: 60_000, intervalMs: 100 },
    );
  } finally {
    await admin.disconnect();
  }
  if (!process.running) throw new Error(`The Kafka broker ended at its start:\n${process.output()}`);
}
