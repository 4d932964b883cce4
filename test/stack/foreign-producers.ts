// Producers that nobody here wrote, for tests of what others append: Kafka's own console producer, from the jars of the
// embedded Kafka, and kcat, which is librdkafka. The two compress in different ways, snappy above all.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchKafka } from '../../embedded/fetch-kafka.ts';
import { stackSettings } from '../../embedded/stack-settings.ts';

export const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof codecs)[number];

type Target = { brokers: string; topic: string; codec: Codec };

const run = promisify(execFile);

/** One record in a batch of its own; `settings` are librdkafka's. */
export async function produceWithKcat(
  { brokers, topic, codec }: Target,
  value: Buffer,
  { partition = 0, key = 'k', settings = [] }: { partition?: number; key?: string; settings?: string[] } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'putlog-kcat-'));
  try {
    const file = join(folder, 'value');
    await writeFile(file, value);
    const more = settings.flatMap((setting) => ['-X', setting]);
    const args = ['-P', '-b', brokers, '-t', topic, '-p', String(partition), '-z', codec, '-k', key, ...more, file];
    await run('kcat', args, { timeout: 60_000 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Values must be UTF-8 and one line each. They travel together, to whatever partition Kafka chooses. */
export async function produceWithJava({ brokers, topic, codec }: Target, values: readonly Buffer[]): Promise<void> {
  const { cacheDir } = stackSettings(process.env);
  const { directory } = await fetchKafka({ cacheDir, onMb: () => undefined });
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  // Quick to start, slow to run: it runs for a moment only.
  const jvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const args = [...jvm, '-cp', join(directory, 'lib', '*'), 'org.apache.kafka.tools.ConsoleProducer'];
  args.push('--bootstrap-server', brokers, '--topic', topic, `--compression-codec=${codec}`);
  const child = spawn(java, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const said: string[] = [];
  child.stderr.on('data', (chunk) => said.push(String(chunk)));
  for (const value of values) child.stdin.write(Buffer.concat([value, Buffer.from('\n')]));
  child.stdin.end();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the console producer ended with ${code}:\n${said.join('')}`);
}

/** In CI a check that is not made proves nothing, so there it counts as installed. */
export async function hasKcat(): Promise<boolean> {
  if (process.env.CI) return true;
  try {
    await run('kcat', ['-V']);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
