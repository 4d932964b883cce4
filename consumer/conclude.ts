// Has the fate of a command recorded; a dead letter gets the bytes of its record first. The partition runner calls it.
import type { Command } from '../schemas/command.ts';
import { createOriginals, type OriginalsTools } from './originals.ts';
import type { Fate, Outcome } from './outcome.ts';
import type { Recorder } from './recorder.ts';
import type { Task } from './running.ts';

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

  return (task: Task, fate: Fate): Promise<void> =>
    fate.kind === 'dead' ? recordDead(task, fate) : record(task, fate);
}
