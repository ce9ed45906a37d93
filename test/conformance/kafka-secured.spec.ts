import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaTransport } from '../../src/transport/drivers/kafka/kafka-transport.js';
import { TransportUnavailableError } from '../../src/transport/transport.js';
import { Child } from '../support/child.js';
import { eventually } from '../support/eventually.js';
import { startKafkaBroker, type KafkaBroker } from '../support/kafka.js';
import { freePort } from '../support/ports.js';
import { describeWithServices } from '../support/services.js';
import { Collector, published, records } from './stage.js';

describeWithServices('the kafka transport over TLS and SASL', ['ownKafka'], () => {
  let broker: KafkaBroker;
  let address: string;
  let ca: string;

  beforeAll(async () => {
    const { key, certificate } = await selfSigned();
    ca = certificate;
    const [plain, secure, controller] = [await freePort(), await freePort(), await freePort()];
    address = `localhost:${secure}`;
    broker = await startKafkaBroker({
      port: plain,
      properties: {
        'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
        listeners: `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure},CONTROLLER://127.0.0.1:${controller}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SECURE://localhost:${secure}`,
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.secure.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="s3cret";',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.certificate.chain': certificate.replaceAll('\n', '\\n'),
        'ssl.keystore.key': key.replaceAll('\n', '\\n'),
      },
    });
  });
  afterAll(() => broker.close());

  function connect(password: string): KafkaTransport {
    const sasl = { mechanism: 'plain' as const, username: 'alice', password };
    return new KafkaTransport(
      { brokers: [address], clientId: 'secured', ssl: { ca }, sasl },
      () => undefined,
    );
  }

  it('writes and reads over TLS with a password', async () => {
    const transport = connect('s3cret');
    await transport.topics.ensure([{ name: 'secured', partitions: 1 }]);
    const written = await published(transport, records('secured', 'a', 3));
    const collector = new Collector();
    await transport.subscribe({ group: 'secured', topics: ['secured'] }, collector.handler);
    await eventually(() => {
      expect(collector.values()).toEqual(written);
    });
    await transport.close();
  });

  it('is unavailable with a wrong password, and does not tell it', async () => {
    const transport = connect('wrong-s3cret');
    await expect(transport.check()).rejects.toThrow(TransportUnavailableError);
    const publishing = transport.publish(records('secured', 'a', 1));
    await expect(publishing).rejects.toThrow(TransportUnavailableError);
    await expect(publishing).rejects.not.toThrow('wrong-s3cret');
    await transport.close();
  });
});

/** A certificate for localhost that is its own authority, made with openssl. */
async function selfSigned(): Promise<{ key: string; certificate: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'taskwire-tls-'));
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = [
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-days',
    '1',
    '-nodes',
  ];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', certificate];
  try {
    await Child.run('openssl', [...request, ...subject]);
    return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') };
  } finally {
    await rm(dir, { recursive: true });
  }
}
