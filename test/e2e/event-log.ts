// The log as a plain reader sees it: kcat, which shares no code with Putlog, from the first record to the end. On a
// machine without kcat our own reader stands in; in CI that is an error, because a check that is not made proves nothing.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readAll, watchedCluster } from '../stack/log.ts';

/** `type` is `ce_type`, `subject` is `<job type>/<id>`. */
export type SeenRecord = { partition: number; offset: number; type: string; subject: string };

const run = promisify(execFile);
const terminalTypes = new Set(['succeeded', 'failed', 'cancelled', 'dead'].map((kind) => `putlog.job.${kind}`));

/** All records of a topic; within a partition in the order of the log. */
export async function readTopic(brokers: string, topic: string): Promise<SeenRecord[]> {
  try {
    const args = ['-C', '-q', '-e', '-b', brokers, '-t', topic, '-o', 'beginning', '-f', '%p %o %h\n'];
    const { stdout } = await run('kcat', args, { maxBuffer: 2 ** 28, timeout: 60_000 });
    return stdout.split('\n').filter(Boolean).map(parse);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    if (process.env.CI) throw new Error('kcat is not installed: apt-get install kcat', { cause: error });
    console.warn('kcat is not installed: the topic is read with our own client instead');
    return readWithoutKcat(brokers, topic);
  }
}

/** `3 17 ce_type=putlog.job.succeeded,ce_subject=demo.echo/1,…` */
function parse(line: string): SeenRecord {
  const [, partition, offset, headers] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
  if (headers === undefined) throw new Error(`kcat wrote a line that is not understood: ${line}`);
  const header = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(headers)?.[1] ?? '';
  return {
    partition: Number(partition),
    offset: Number(offset),
    type: header('ce_type'),
    subject: header('ce_subject'),
  };
}

async function readWithoutKcat(brokers: string, topic: string): Promise<SeenRecord[]> {
  const cluster = await watchedCluster(brokers, [topic]);
  try {
    const count = (await cluster.offsets([topic], 'latest')).get(topic)?.length ?? 0;
    const seen: SeenRecord[] = [];
    for (let partition = 0; partition < count; partition++)
      for (const { offset, headers } of await readAll(cluster, topic, partition))
        seen.push({ partition, offset, type: String(headers.ce_type), subject: String(headers.ce_subject) });
    return seen;
  } finally {
    await cluster.close();
  }
}

/** Terminal events only, a list of kinds for each subject. */
export function terminalEvents(records: readonly SeenRecord[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { type, subject } of records)
    if (terminalTypes.has(type)) found.set(subject, [...(found.get(subject) ?? []), type.split('.').at(-1) ?? '']);
  return found;
}

/** Jobs whose terminal events are not exactly these: none are missing, none came twice, none came out of nothing. */
export function breachesOfOneOutcome(
  records: readonly SeenRecord[],
  expected: ReadonlyMap<string, string>,
): [string, string[]][] {
  const found = terminalEvents(records);
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name): [string, string[]][] => {
    const kinds = found.get(name) ?? [];
    return kinds.length === 1 && kinds[0] === expected.get(name) ? [] : [[name, kinds]];
  });
}
