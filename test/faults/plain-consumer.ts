// Reads the events with Kafka's own console consumer and counts terminal events by their headers and keys alone: what any
// subscriber would see, with nothing of ours in between. Part of invariant 2; run-scenario.ts calls it when it is quiet.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fetchKafka } from '../../embedded/fetch-kafka.ts';
import { stackSettings } from '../../embedded/stack-settings.ts';
import type { Breach } from './invariants-history.ts';
import { fateOf, type Journal } from './journal.ts';

/** Of a line that the console consumer prints: the headers, a tab, the key. */
const terminal = /(?:^|,)ce_type:putlog\.job\.(?:succeeded|failed|cancelled|dead)(?:,|\t)/;

/** Key of the record → how many of its events end a job. @param records how many there are in all: it reads no more */
export async function countTerminalEvents(
  brokers: string,
  topic: string,
  records: number,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  if (records === 0) return counts;
  const { cacheDir } = stackSettings(process.env);
  const { directory } = await fetchKafka({ cacheDir, onMb: () => undefined });
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  // Quick to start, slow to run.
  const args = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(directory, 'lib', '*')];
  args.push('-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', 'org.apache.kafka.tools.consumer.ConsoleConsumer');
  args.push('--bootstrap-server', brokers, '--topic', topic, '--from-beginning');
  args.push('--max-messages', String(records), '--timeout-ms', '20000');
  for (const [name, value] of Object.entries({ 'print.headers': true, 'print.key': true, 'print.value': false }))
    args.push('--formatter-property', `${name}=${value}`);
  const child = spawn(java, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  child.stderr.on('data', (chunk) => said.push(String(chunk)));
  const ended = once(child, 'close');
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    lines++;
    const key = line.slice(line.lastIndexOf('\t') + 1);
    if (terminal.test(line)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [code] = await ended;
  if (code !== 0 || lines !== records)
    throw new Error(`the console consumer ended with ${code} after ${lines} of ${records} records:\n${said.join('')}`);
  return counts;
}

/**
 * 2, and 1 as well: one for each generation of an acknowledged job. `excused`: names of those whose event, or command, was deleted.
 * `latest` generation that was asked for, by name.
 */
export function agreesWithPlainConsumer(
  counts: ReadonlyMap<string, number>,
  { jobs }: Pick<Journal, 'jobs'>,
  excused: ReadonlySet<string>,
  latest: ReadonlyMap<string, number>,
): Breach[] {
  return [...jobs.values()].flatMap((job) => {
    const count = counts.get(job.name) ?? 0;
    const fate = fateOf(job);
    const right =
      count === (latest.get(job.name) ?? 0) + 1 || (count === 0 && (fate !== 'acked' || excused.has(job.name)));
    const text = `${job.name} is ${fate} and has ${count} terminal events for Kafka's console consumer`;
    return right ? [] : [{ invariant: 2, text }];
  });
}
