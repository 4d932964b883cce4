// Puts commands into the log as the api would, but without HTTP: with the same encoder, headers, partitioner and writer, as
// fast as the broker takes them: drain and large begin with it, while no worker runs. beside puts them in one by one, timers long before they are due.
import { partitionOf } from '../platform/partition-of.ts';
import { encodeWire } from '../platform/wire-format.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import { type Command, commandType } from '../schemas/command.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import type { BenchStack } from './bench-stack.ts';
import { payloadOf } from './payload.ts';

/** `dueAt` in milliseconds since the epoch. */
export type QueuedCall = { type: string; id: string; key: string; payload: unknown; dueAt?: number };

/** So many appends wait at once. */
const window = 5_000;

/** Resolves once all of them are in the log. */
export async function queueJobs(stack: BenchStack, topic: string, calls: Iterable<QueuedCall>): Promise<void> {
  const { append, close } = await openCalls(stack, topic);
  let waiting: Promise<number>[] = [];
  for (const call of calls) {
    waiting.push(append(call));
    if (waiting.length < window) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  await close();
}

/** `append` resolves to the command's offset once it is in the log. */
export async function openCalls(stack: BenchStack, topic: string) {
  const { prepared } = stack;
  const writer = await stack.openWriter();

  function append({ type, id, key, payload, dueAt }: QueuedCall): Promise<number> {
    const text = canonicalJson(payload);
    const submittedAt = Date.now();
    const command: Command = {
      ...{
        kind: 'submit',
        type,
        id,
        generation: 0,
        attempt: 1,
        key,
        payload: text,
        digest: digestOf(text),
        submittedAt,
      },
      ...{ dueAt: dueAt ?? null, after: null, options: null },
    };
    const subject = `${type}/${id}`;
    const about = { id: `${subject}/0/submit`, source: '/putlog/bench', type: 'putlog.job.submit', subject };
    const bytes = Buffer.from(key);
    return writer.append({
      ...{ topic, partition: partitionOf(bytes, prepared.partitions), key: bytes, timestamp: submittedAt },
      value: encodeWire(commandType, prepared.commandSchemaId, command),
      headers: recordHeaders({ ...about, at: submittedAt }, childTraceparent(undefined)),
    });
  }

  return { append, close: () => writer.close(10_000) };
}

/** `demo.echo` with a text of 100 characters, as the other measurements have it. */
export const echoCall = (n: number, key = `demo.echo/b-${n}`): QueuedCall => ({
  ...{ type: 'demo.echo', id: `b-${n}`, key },
  payload: payloadOf(n),
});
