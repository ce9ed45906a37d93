import { readFile } from 'node:fs/promises';
import path from 'node:path';
import kafkajs, { type AclEntry } from 'kafkajs';
import { ROOT } from './cache.js';
import { startKafkaBroker } from './kafka.js';
import { freePort } from './ports.js';

// Node does not find these exports by their names.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes, Kafka, logLevel } =
  kafkajs;

/** The folder of the file of ACLs and of the script that applies it. */
export const KAFKA_FOLDER = path.join(ROOT, 'deploy', 'kafka');

/** A line of the file of ACLs. */
export interface AclLine {
  principal: string;
  resource: string;
  pattern: string;
  name: string;
  operations: string[];
}

/** A broker that lets nobody do anything but what the ACLs say; its users are the principals of the file. */
export interface GuardedKafka {
  /** For `KAFKA_BROKERS`, with SASL. */
  brokers: string;
  /** Of every user. */
  password: string;
  /** Gives rights. */
  allow(lines: readonly AclLine[]): Promise<void>;
  /** Takes rights back. */
  forbid(line: AclLine): Promise<void>;
  close(): Promise<void>;
}

/** What the file of ACLs says. */
export async function aclLines(): Promise<AclLine[]> {
  const text = await readFile(path.join(KAFKA_FOLDER, 'acls.csv'), 'utf8');
  const [, ...lines] = text.trim().split('\n');
  return lines.map((line) => {
    const [principal = '', resource = '', pattern = '', name = '', operations = ''] = line.split(',');
    return { principal, resource, pattern, name, operations: operations.split(' ') };
  });
}

/** Starts one with SASL/SCRAM and the authorizer of KRaft; without ACLs yet. */
export async function startGuardedKafka(users: readonly string[], password: string): Promise<GuardedKafka> {
  const [plain, guarded, controller] = [await freePort(), await freePort(), await freePort()];
  const broker = await startKafkaBroker({
    port: plain,
    format: users.map((user) => `--add-scram=SCRAM-SHA-512=[name=${user},password=${password}]`),
    properties: {
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${plain},GUARDED://127.0.0.1:${guarded},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},GUARDED://127.0.0.1:${guarded}`,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.guarded.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The broker itself and the tests, on the listener without credentials.
      'super.users': 'User:ANONYMOUS',
    },
  });
  const admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    brokers: `127.0.0.1:${guarded}`,
    password,
    allow: async (lines) => {
      await admin.createAcls({ acl: lines.flatMap(entriesOf) });
    },
    forbid: async (line) => {
      await admin.deleteAcls({ filters: entriesOf(line) });
    },
    close: async () => {
      await admin.disconnect();
      await broker.close();
    },
  };
}

function entriesOf({ principal, resource, pattern, name, operations }: AclLine): AclEntry[] {
  return operations.map((operation) => ({
    principal: `User:${principal}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    operation: AclOperationTypes[operation.toUpperCase() as keyof typeof AclOperationTypes],
    resourceType: AclResourceTypes[resource.toUpperCase() as keyof typeof AclResourceTypes],
    resourceName: name,
    resourcePatternType: ResourcePatternTypes[pattern.toUpperCase() as keyof typeof ResourcePatternTypes],
  }));
}
