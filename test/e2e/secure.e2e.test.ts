// Invariant: every client of every service speaks to Kafka over TLS and as somebody, and to MongoDB over TLS, where that is asked for, and
// the API speaks HTTPS: a call goes all the way. Whoever is not known to Kafka gets nowhere.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { kafkaCacheName, kafkaJars } from '../../embedded/fetch-kafka.ts';
import { choosePorts } from '../../embedded/ports.ts';
import { stackSettings } from '../../embedded/stack-settings.ts';
import { createCluster } from '../../platform/cluster.ts';
import { createKafka } from '../../platform/kafka.ts';
import { createMongo } from '../../platform/mongo.ts';
import { makeCertificate } from '../stack/certificate.ts';
import { until } from '../stack/deadline.ts';
import { silent } from '../stack/log.ts';
import { type OwnStack, startOwnStack } from '../stack/own-stack.ts';
import { useSystem } from './system.ts';

const folder = mkdtempSync(join(tmpdir(), 'putlog-secure-'));
const { certFile, keyFile, cert, key } = makeCertificate(folder);
const store = join(folder, 'broker.pem');
writeFileSync(store, key + cert);
const { certFile: otherFile } = makeCertificate(mkdtempSync(join(folder, 'other-')));
const wish = { wanted: undefined, previous: undefined, setting: '' };
const { broker } = await choosePorts({ broker: wish });
const brokers = `127.0.0.1:${broker}`;
let own: OwnStack;

/** Clients need no certificate of their own. */
const withoutOne = ['--tlsAllowConnectionsWithoutCertificates'];
const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const listener = 'listener.name.proxied';

const system = useSystem({
  addresses: () => ({ ...inject('stack'), brokers, mongoUri: own.addresses.mongoUri }),
  settings: {
    ...{ KAFKA_TLS: 'yes', KAFKA_TLS_CA: certFile, MONGODB_TLS_CA: certFile, PUTLOG_SESSION_TIMEOUT_MS: '6000' },
    ...{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'putlog', KAFKA_SASL_PASSWORD: 'a "secret" of ours' },
  },
});

beforeAll(async () => {
  own = await startOwnStack({
    parts: ['kafka', 'mongod'],
    mongodArgs: ['--tlsMode', 'preferTLS', '--tlsCertificateKeyFile', store, '--tlsCAFile', certFile, ...withoutOne],
    kafkaExtras: {
      proxied: [{ port: broker, advertisedPort: broker }],
      properties: {
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:SASL_SSL',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        [`${listener}.ssl.keystore.type`]: 'PEM',
        [`${listener}.ssl.keystore.location`]: store,
        [`${listener}.plain.sasl.jaas.config`]: `${plain} required user_putlog="a \\"secret\\" of ours";`,
        [`${listener}.scram-sha-256.sasl.jaas.config`]: `${scram} required;`,
        [`${listener}.scram-sha-512.sasl.jaas.config`]: `${scram} required;`,
        // A session of SASL ends, and is begun anew, while the test runs.
        [`${listener}.plain.connections.max.reauth.ms`]: 15_000,
      },
    },
  });
  // What starts it speaks to it in the clear.
  const mongo = createMongo(own.addresses.mongoUri);
  await mongo.db.admin().command({ setParameter: 1, tlsMode: 'requireTLS' });
  await mongo.close();
});

afterAll(async () => {
  await own?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('a call from HTTPS to its end', async () => {
  const [api] = await Promise.all([
    system.start('api', { PUTLOG_TLS_CERT: certFile, PUTLOG_TLS_KEY: keyFile }),
    system.start('worker'),
    system.start('projector'),
  ]);
  const url = await api.ready;
  expect(url).toMatch(/^https:/);
  const dispatcher = new Agent({ connect: { ca: cert }, allowH2: true });
  const json = { 'content-type': 'application/json' };
  // Over more than one session of SASL.
  const began = performance.now();
  for (let i = 0; performance.now() - began < 20_000; i++) {
    const job = `${url}/jobs/demo.echo/${i}`;
    const put = await fetch(job, { method: 'PUT', body: '{"n":1,"text":"hello"}', headers: json, dispatcher });
    expect(put.status).toBe(202);
    const done = await until('the end of the job', async () => {
      const body = (await (await fetch(job, { dispatcher })).json()) as { state: string };
      return body.state === 'succeeded' ? body : undefined;
    });
    expect(done).toMatchObject({ result: { n: 1, length: 5 } });
  }
  await dispatcher.destroy();
});

test('MongoDB takes nobody in the clear, and a service speaks to none that nobody vouches for', async () => {
  const plain = createMongo(own.addresses.mongoUri, { selectionTimeoutMs: 1_000 });
  await expect(plain.ping()).rejects.toThrow();
  await plain.close();
  const wary = system.launch('projector', { MONGODB_TLS_CA: otherFile });
  await until('why it is not ready', async () => /certificate/.test(await wary.output()) || undefined);
  await wary.end('SIGKILL');
});

test('who does not know the password, or does not trust the certificate, is not let in', async () => {
  const ask = async (password: string, ca?: string) => {
    const sasl = { mechanism: 'plain', username: 'putlog', password } as const;
    const security = { sasl, ssl: ca === undefined ? {} : { ca } };
    const admin = createKafka({ brokers, clientId: 'test', log: silent, security }).admin();
    try {
      await admin.connect();
      return await admin.listTopics();
    } finally {
      await admin.disconnect();
    }
  };
  expect(await ask('a "secret" of ours', cert)).toContain(system.topics.events);
  await expect(ask('wrong', cert)).rejects.toThrow(/Authentication failed|SASL/);
  await expect(ask('a "secret" of ours')).rejects.toThrow(/certificate/);
});

test.each(['scram-sha-256', 'scram-sha-512'] as const)('%s, of both clients of Kafka', async (mechanism) => {
  const jars = await kafkaJars(join(stackSettings(process.env).cacheDir, kafkaCacheName));
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const user = [
    ...['--entity-type', 'users', '--entity-name', mechanism, '--alter', '--add-config'],
    `${mechanism.toUpperCase()}=[password=p]`,
  ];
  const command = [
    '-cp',
    jars.join(delimiter),
    'kafka.admin.ConfigCommand',
    '--bootstrap-server',
    own.addresses.brokers,
  ];
  await promisify(execFile)(java, [...command, ...user]);
  const sasl = { mechanism, username: mechanism, password: 'p' };
  const connection = { brokers, clientId: 'test', log: silent, security: { ssl: { ca: cert }, sasl } };
  const cluster = createCluster(connection);
  const admin = createKafka(connection).admin();
  try {
    await cluster.watch([system.topics.events]);
    expect((await cluster.offsets([system.topics.events], 'latest')).get(system.topics.events)).toHaveLength(8);
    await admin.connect();
    expect(await admin.listTopics()).toContain(system.topics.events);
  } finally {
    await Promise.all([cluster.close(), admin.disconnect()]);
  }
});
