// A command in hand of a partition runner, from its arrival to its outcome.
import type { KafkaMessage } from 'kafkajs';
import { headerOf } from '../platform/batch-record.ts';
import { tenantOf } from '../schemas/call-options.ts';
import type { Command } from '../schemas/command.ts';

/** Times in milliseconds since the epoch; `startedAt` null while it waits. */
export type Task = {
  offset: number;
  key: string;
  /** Who asked for it: takes turns with the others. '': nobody with a name. */
  tenant: string;
  bytes: number;
  command: Command;
  /** The command with its personal fields as the function is to have them; undefined: it has none. Never recorded. */
  opened: Command | undefined;
  traceparent: string | undefined;
  startedAt: number | null;
  /** Another attempt of it is due then, and not before. */
  notBefore: number;
};

/** `next`: an earlier owner has run it, and recorded that it runs again in its place. */
export function taskOf(message: KafkaMessage, command: Command, next?: { attempt: number; dueAt: number }): Task {
  return {
    offset: Number(message.offset),
    key: command.key,
    tenant: tenantOf(command.options),
    bytes: message.value?.length ?? 0,
    command: next === undefined ? command : { ...command, attempt: next.attempt },
    opened: undefined,
    traceparent: headerOf(message, 'traceparent'),
    startedAt: null,
    notBefore: next?.dueAt ?? 0,
  };
}
