// Has the fate of a command recorded, or that it runs again in its place; a dead letter gets the bytes of its record first. The
// partition runner has one, its attempts call it.
import type { KafkaMessage } from 'kafkajs';
import type { UndecodableError } from '../platform/wire-format.ts';
import type { Command } from '../schemas/command.ts';
import { createOriginals, type OriginalsTools } from './originals.ts';
import type { Fate, Outcome, PutOff } from './outcome.ts';
import type { Recorder } from './recorder.ts';
import type { Announcement } from './running.ts';
import type { Task } from './task.ts';

export type ConcludeTools = OriginalsTools & { writeCommand: (command: Command) => Buffer };

/** `givenUp`: the partition is no longer ours. The function it returns @throws FencedError, or why the log cannot be read */
export function createConclude(
  { writeCommand, ...tools }: ConcludeTools,
  place: { topic: string; partition: number },
  recorder: Recorder,
  givenUp: () => boolean,
) {
  const originalAt = createOriginals(tools, place, givenUp);

  const record = (task: Task, outcome: Outcome) => recorder.outcome(outcome, task.command, task, task.traceparent);

  async function recordDead(task: Task, fate: Fate & { kind: 'dead' }): Promise<void> {
    const found = await originalAt(task.offset);
    // Of a record that is gone the command says the same, if in other bytes perhaps.
    await record(task, { ...fate, original: found ?? writeCommand(task.command) });
  }

  return {
    conclude: (task: Task, fate: Fate): Promise<void> =>
      fate.kind === 'dead' ? recordDead(task, fate) : record(task, fate),
    announce: ({ command, offset, traceparent }: Task, run: Announcement): Promise<void> =>
      recorder.started(command, { offset, ...run }, traceparent),
    /** A record that is no command: nobody knows of what job. */
    unreadable: ({ offset, value }: KafkaMessage, { message: detail }: UndecodableError): Promise<void> => {
      const outcome = { kind: 'dead', code: 'record-undecodable', detail, original: value ?? Buffer.alloc(0) } as const;
      return recorder.outcome(outcome, undefined, { offset: Number(offset), startedAt: null });
    },
    retryInPlace: (task: Task, putOff: PutOff & { kind: 'retrying' }): Promise<void> =>
      recorder.again(putOff, task.command, task, task.traceparent),
  };
}
