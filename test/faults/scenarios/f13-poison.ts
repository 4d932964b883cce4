// F13: a hundred records that nobody can read in one partition, among calls that go on. Each is one dead letter with its
// bytes and its cause, and the partition moves on: calls there take hardly longer. Records compressed by another program are
// no poison.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DirectLog, openDirectLog } from '../direct-log.ts';
import { partitions } from '../fault-system.ts';
import { percentile, slowdown } from '../latency.ts';
import { lasting, more } from '../moments.ts';
import { between, pick } from '../random.ts';
import type { FaultContext, Scenario } from '../scenario.ts';

const count = 100;

/** Times with poison and without take turns, so often and so long (milliseconds) each: a machine has slow moments too. */
const turns = 5;
const turnMs = 2_000;
/** Of a machine that others use too: what takes less longer than this proves nothing. */
const noiseMs = 20;

/** Bytes of every kind that is not a command. `good`: one that is. */
const kinds: readonly (readonly [string, (good: Buffer) => Buffer])[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['too short', (good) => good.subarray(0, 4)],
  ['no wire format', () => Buffer.from('{"kind":"submit"}')],
  ['cut short', (good) => good.subarray(0, good.length - 9)],
  ['bytes left over', (good) => Buffer.concat([good, Buffer.from('more')])],
  ['noise', (good) => Buffer.concat([good.subarray(0, 5), randomBytes(80)])],
  ['an unknown schema', (good) => Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), good.subarray(5)])],
];

const run = promisify(execFile);

export const poisonedPartition: Scenario = {
  id: 'F13',
  name: 'a hundred poison records in one partition',
  holds: [7],
  inCi: true,
  async run(context) {
    const { system, stack, load, random, note, healed } = context;
    const direct = await openDirectLog(system, load);
    try {
      load.begin({ perSecond: 200 });
      await more(load, 100);
      const schemaId = await direct.newSchemaId('Foreign');
      const partition = between(random, 0, partitions - 1);
      const good = direct.command('never-sent', schemaId).value;
      const seen = new Map<string, number>();
      const pairs: { quiet: Span; poisoned: Span }[] = [];
      for (let turn = 0; turn < turns; turn++) {
        const quiet = await span(() => lasting(turnMs));
        const poisoned = await span(async () => {
          for (let i = 0; i < count / turns; i++) {
            const [name, make] = pick(random, kinds);
            await direct.append(partition, make(good));
            seen.set(name, (seen.get(name) ?? 0) + 1);
            await lasting((random() * 2 * turnMs * turns) / count);
          }
        });
        pairs.push({ quiet, poisoned });
      }
      note(`poison in partition ${partition}: ${JSON.stringify(Object.fromEntries(seen))}`);
      await more(load, 200);
      const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];
      for (const codec of codecs) await sendCompressed(direct, schemaId, codec, system.folder, stack.direct.kafka);
      note(`a command each compressed with ${codecs.join(', ')} by another program`);
      healed();
      await more(load, 100);
      const slower = await compare(context, partition, pairs);
      return `${count} in partition ${partition}, ${slower}; ${codecs.join(', ')} from another program`;
    } finally {
      await direct.close();
    }
  },
};

type Span = { from: number; to: number };

async function span(what: () => Promise<void>): Promise<Span> {
  const from = Date.now();
  await what();
  return { from, to: Date.now() };
}

/** From a call's acceptance to its outcome, of the calls in that partition, by the log's own times. */
async function compare(
  { readLog, breach }: FaultContext,
  partition: number,
  pairs: readonly { quiet: Span; poisoned: Span }[],
): Promise<string> {
  const { events } = await readLog();
  const p99 = ({ from, to }: Span) =>
    percentile(
      events.flatMap(({ event: { kind, submittedAt, at }, partition: of }) =>
        of === partition && kind === 'succeeded' && submittedAt >= from && submittedAt < to ? [at - submittedAt] : [],
      ),
      0.99,
    );
  const times = pairs.map(({ quiet, poisoned }) => ({ without: p99(quiet), among: p99(poisoned) }));
  const { ratio, slower } = slowdown(times, noiseMs);
  const each = times.map(({ without, among }) => `${without}→${among}`).join(', ');
  const told = `p99 of other calls there ${ratio.toFixed(1)}× (ms without→among: ${each})`;
  if (slower) breach({ invariant: 7, text: told });
  return told;
}

/** With kcat, which shares no code with us. */
async function sendCompressed(direct: DirectLog, schemaId: number, codec: string, folder: string, brokers: string) {
  const { value, partition, key, acked } = direct.command(`compressed-${codec}`, schemaId);
  const file = join(folder, `${codec}.bin`);
  await writeFile(file, value);
  const where = ['-P', '-b', brokers, '-t', direct.topic, '-p', String(partition)];
  await run('kcat', [...where, '-k', key.toString(), '-z', codec, file], { timeout: 30_000 });
  acked();
}
