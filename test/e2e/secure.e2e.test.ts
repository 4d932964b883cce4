// Invariant: every client of every service speaks to Kafka over TLS and as somebody, where that is asked for, and the API speaks HTTPS:
// a call goes all the way. Whoever is not known to Kafka gets nowhere.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { choosePorts } from '../../embedded/ports.ts';
import { createKafka } from '../../platform/kafka.ts';
import { makeCertificate } from '../stack/certificate.ts';
import { until } from '../stack/deadline.ts';
import { silent } from '../stack/log.ts';
import { type OwnStack, startOwnStack } from '../stack/own-stack.ts';
import { useSystem } from './system.ts';

const folder = mkdtempSync(join(tmpdir(), 'putlog-secure-'));
const { certFile, keyFile, cert, key } = makeCertificate(folder);
const store = join(folder, 'broker.pem');
writeFileSync(store, key + cert);
const wish = { wanted: undefined, previous: undefined, setting: '' };
const { broker } = await choosePorts({ broker: wish });
const brokers = `127.0.0.1:${broker}`;
let own: OwnStack;

const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const listener = 'listener.name.proxied';

const system = useSystem({
  addresses: () => ({ ...inject('stack'), brokers }),
  settings: {
    ...{ KAFKA_TLS: 'yes', KAFKA_TLS_CA: certFile, PUTLOG_SESSION_TIMEOUT_MS: '6000' },
    ...{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'putlog', KAFKA_SASL_PASSWORD: 'a "secret" of ours' },
  },
});

beforeAll(async () => {
  own = await startOwnStack({
    parts: ['kafka'],
    kafkaExtras: {
      proxied: [{ port: broker, advertisedPort: broker }],
      properties: {
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:SASL_SSL',
        'sasl.enabled.mechanisms': 'PLAIN',
        [`${listener}.ssl.keystore.type`]: 'PEM',
        [`${listener}.ssl.keystore.location`]: store,
        [`${listener}.plain.sasl.jaas.config`]: `${plain} required user_putlog="a \\"secret\\" of ours";`,
        // A session of SASL ends, and is begun anew, while the test runs.
        [`${listener}.plain.connections.max.reauth.ms`]: 15_000,
      },
    },
  });
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
