// docker-compose.yml as it stands brings a working Putlog up: every container healthy, two workers, jobs that succeed.
// Skipped, with the reason printed, where no Docker answers. KAFKA_IMAGE and the like choose other images.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import sharp from 'sharp';
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment, Wait } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { choosePorts } from '../../embedded/ports.ts';
import { type Api, createApi } from '../e2e/api.ts';
import { docker, whyNoDocker } from './docker.ts';

const reason = await whyNoDocker();
if (reason !== undefined) console.warn(`The compose file is not tested: ${reason}`);

describe.skipIf(reason !== undefined)('docker-compose.yml', () => {
  const project = `putlog-test-${randomBytes(4).toString('hex')}`;
  let environment: StartedDockerComposeEnvironment | undefined;
  let api: Api;
  let ports: Record<'api' | 'kafka' | 'registry' | 'mongo', number>;

  beforeAll(async () => {
    const wish = { wanted: undefined, previous: undefined, setting: '' };
    ports = await choosePorts({ api: wish, kafka: wish, registry: wish, mongo: wish });
    environment = await new DockerComposeEnvironment(
      fileURLToPath(new URL('../../', import.meta.url)),
      'docker-compose.yml',
    )
      .withProjectName(project)
      .withEnvironment({
        PUTLOG_IMAGE: 'putlog:test',
        PUTLOG_PORT: String(ports.api),
        PUTLOG_KAFKA_PORT: String(ports.kafka),
        PUTLOG_REGISTRY_PORT: String(ports.registry),
        PUTLOG_MONGODB_PORT: String(ports.mongo),
      })
      .withBuild()
      .withClientOptions({ commandOptions: ['--scale', 'worker=2'] })
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(300_000)
      .up();
    api = createApi(`http://127.0.0.1:${ports.api}`);
  });

  afterAll(async () => {
    await api?.close();
    await environment?.down({ timeout: 20_000, removeVolumes: true });
  });

  const showLogs = () =>
    onTestFailed(async () => console.error(await docker('compose', '--project-name', project, 'logs', '--tail', '40')));

  test('every container is healthy, and the replica set was initiated', async () => {
    showLogs();
    const format = '{{.Label "com.docker.compose.service"}} {{.Status}}';
    const listed = await docker(
      'ps',
      '--all',
      '--format',
      format,
      '--filter',
      `label=com.docker.compose.project=${project}`,
    );
    const state = listed
      .split('\n')
      .map((line) => line.replace(/ Up .*\((\w+)\)$/, ' $1').replace(/(Exited \(\d+\)).*/, '$1'));
    expect(state.sort()).toEqual([
      'api healthy',
      'kafka healthy',
      'mongo healthy',
      'projector healthy',
      'registry healthy',
      'replica-set Exited (0)',
      'worker healthy',
      'worker healthy',
    ]);
  });

  test('a PUT is accepted, runs and succeeds', async () => {
    showLogs();
    const accepted = await api.put('demo.echo/first', { n: 7, text: 'hello' });
    expect(accepted.status).toBe(202);
    const [job] = await api.finished(['demo.echo/first']);
    expect(job).toMatchObject({ state: 'succeeded', result: { n: 7, length: 5 } });
  });

  test('a picture becomes a thumbnail', async () => {
    showLogs();
    const background = { r: 200, g: 80, b: 20 };
    const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background } })
      .png()
      .toBuffer();
    const headers = { 'content-type': 'image/png' };
    const stored = await api.request('PUT', '/blobs/picture.png', { body: picture, headers });
    expect(stored.status).toBe(201);

    const payload = { source: { blob: 'picture.png' }, width: 64, format: 'png', target: 'thumbnail.png' };
    expect((await api.put('image.thumbnail/picture', payload)).status).toBe(202);
    const [job] = await api.finished(['image.thumbnail/picture']);
    expect(job).toMatchObject({ state: 'succeeded', result: { width: 64, height: 48 } });

    const thumbnail = await fetch(`${api.url}/blobs/thumbnail.png`);
    expect(await sharp(await thumbnail.bytes()).metadata()).toMatchObject({ format: 'png', width: 64, height: 48 });
  });

  test('programs on this machine read the log by its published port', async () => {
    showLogs();
    const admin = new Kafka({ brokers: [`127.0.0.1:${ports.kafka}`], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const ends = await admin.fetchTopicOffsets('putlog.events');
      expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBeGreaterThan(0);
    } finally {
      await admin.disconnect();
    }
  });
});
