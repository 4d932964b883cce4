// What docs/subscribing.md shows is run as it stands there: its TypeScript as examples/subscribe.ts, its Python with the packages that it
// names, its commands by a shell.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { beforeAll, expect, inject, test } from 'vitest';
import { cached } from '../../embedded/cache.ts';
import { runTool } from '../../embedded/run-tool.ts';
import { stackSettings } from '../../embedded/stack-settings.ts';
import { until } from '../stack/deadline.ts';
import { hasKcat } from '../stack/foreign-producers.ts';
import type { Api } from './api.ts';
import { readTopic } from './event-log.ts';
import { useSystem } from './system.ts';

const run = promisify(execFile);
const examples = join(import.meta.dirname, '../../examples');
const page = await readFile(join(import.meta.dirname, '../../docs/subscribing.md'), 'utf8');
const blocksOf = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code);
const system = useSystem({ settings: { PUTLOG_JOBS: join(examples, 'jobs') } });
const kcat = await hasKcat();
const versions = { 'confluent-kafka': '2.16.1', fastavro: '1.13.1' };

type Said = readonly (string | RegExp)[];

/** Until it says all of this, and has done what it does without a word; then it is told to stop, and ends well. */
async function runUntil(said: Said, file: string, args: string[], env: NodeJS.ProcessEnv, done = async () => true) {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const ended = once(child, 'exit');
  try {
    await until(
      `${file} to say ${said.join(', ')}`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${file} has ended:\n${output}`);
        return (said.every((text) => output.match(text)) && (await done())) || undefined;
      },
      120_000,
    );
  } catch (error) {
    throw new Error(`${error}\n${output}`, { cause: error });
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = await ended;
  expect(code).toBe(0);
  return output;
}

let api: Api;
beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker')]);
  const texts = { readme: 'so few words', unlucky: 'two words' };
  for (const [id, text] of Object.entries(texts)) await api.put(`word.count/${id}`, { text });
  await until('both to be over', async () => {
    const records = await readTopic(system.brokers, system.topics.events);
    return records.filter(({ type }) => type === 'putlog.job.succeeded').length === 2 || undefined;
  });
});

test('TypeScript: told, kept exactly once, and what could not be handled', async () => {
  const uri = new URL(inject('stack').mongoUri);
  uri.pathname = `/${system.prefix}-ledger`;
  const client = await new MongoClient(uri.href).connect();
  const totals = client.db().collection<{ _id: string; words: number }>('totals');
  const env = { ...system.environment(), MONGODB_URI: uri.href };
  const program = [join(examples, 'subscribe.ts')];
  const counted = (words: number) => async () => (await totals.findOne({ _id: 'word.count', words })) !== null;
  const said = ['word.count/readme 3', 'word.count/unlucky 2', /events\/\d@\d+ 3 the bank is closed/];
  await runUntil(said, process.execPath, program, env, counted(5));
  // Begun again, it is told what is new, and counts nothing twice.
  await api.put('word.count/again', { text: 'three more words' });
  const output = await runUntil(['word.count/again 3'], process.execPath, program, env, counted(8));
  expect(output).not.toContain('word.count/readme');
  expect(await totals.find().toArray()).toEqual([{ _id: 'word.count', words: 8 }]);
  await client.db().dropDatabase();
  await client.close();
});

test('Python', { timeout: 600_000 }, async () => {
  const wanted = Object.entries(versions).map(([name, version]) => `${name}==${version}`);
  const { directory } = await cached({
    cacheDir: stackSettings(process.env).cacheDir,
    name: `subscribe-python-${Object.values(versions).join('-')}`,
    fill: async (target) => {
      await runTool('python3', ['-m', 'pip', 'install', '-q', '--target', target, ...wanted]);
    },
  });
  for (const name of Object.keys(versions)) expect(page).toMatch(new RegExp(`pip install .*${name}`));
  const [program = ''] = blocksOf('python');
  const file = join(system.folder, 'subscribe.py');
  await writeFile(file, program);
  const env = { ...system.environment(), PYTHONPATH: directory };
  await runUntil(["word.count/readme {'words': 3}", "word.count/unlucky {'words': 2}"], 'python3', [file], env);
});

test.runIf(kcat)('kcat', async () => {
  const commands = blocksOf('sh').flatMap((block) => block.trim().split('\n'));
  expect(commands.length).toBe(4);
  const avro = (await run('kcat', ['-V'])).stdout.includes('Avro');
  for (const command of commands) {
    // Not every build of it can; what the page says of that is what such a one answers.
    const can = avro || !command.includes('avro');
    const { stdout, stderr } = await run('sh', ['-c', command], { env: system.environment() }).catch(
      (error: { stdout: string; stderr: string }) => {
        if (can) throw error;
        return error;
      },
    );
    if (!can) expect(stderr).toContain('lacks Avro');
    else if (!command.includes('.dead')) expect(stdout).toContain('word.count/readme');
  }
});
