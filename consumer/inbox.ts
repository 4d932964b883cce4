// What was fetched for a partition and is not in hand yet, decoded in the order of the log. Decoding waits only for a
// schema that is new here; while the registry is away it asks again, and nothing is given up.
import type { KafkaMessage } from 'kafkajs';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { whyUnreadable } from '../platform/record-batch.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { Command } from '../schemas/command.ts';
import { createFifo } from './fifo.ts';

/** A record as it comes out: its command, or why there is none for ever. */
export type Arrival = { message: KafkaMessage; command: Command | UndecodableError };

export type InboxOptions = {
  readCommand: (value: Buffer | null) => Command | Promise<Command>;
  /** Is there room for one more in hand? */
  room: () => boolean;
  accept: (arrival: Arrival) => void;
  /** Some time after `admit`, when it had to wait for the registry. */
  admitted: () => void;
  fatal: (error: unknown) => void;
  log: Logger;
};

export function createInbox({ readCommand, room, accept, admitted, fatal, log }: InboxOptions) {
  const messages = createFifo<KafkaMessage>();
  let waiting = false;
  let closed = false;

  function decode(message: KafkaMessage): Arrival['command'] | Promise<Arrival['command']> {
    const unreadable = whyUnreadable(message);
    if (unreadable !== undefined) return new UndecodableError(unreadable);
    const { value } = message;
    try {
      const command = readCommand(value);
      return command instanceof Promise ? learn(value, command) : command;
    } catch (error) {
      if (error instanceof UndecodableError) return error;
      throw error;
    }
  }

  async function learn(value: Buffer | null, first: Promise<Command>): Promise<Arrival['command']> {
    let next: Promise<Command> | undefined = first;
    const attempt = () => {
      const current = next ?? readCommand(value);
      next = undefined;
      return current;
    };
    const final = (error: unknown) => error instanceof UndecodableError;
    try {
      return await persist(attempt, { log, what: 'look a schema up', final, givenUp: () => closed });
    } catch (error) {
      if (error instanceof UndecodableError) return error;
      throw error;
    }
  }

  async function acceptLate(message: KafkaMessage, late: Promise<Arrival['command']>) {
    const command = await late;
    waiting = false;
    if (closed) return;
    messages.take(1);
    accept({ message, command });
    admit();
    admitted();
  }

  /** Hands over as much as there is room for. */
  function admit() {
    if (waiting || closed) return;
    for (let message = messages.peek(); message !== undefined && room(); message = messages.peek()) {
      const command = decode(message);
      if (command instanceof Promise) {
        waiting = true;
        acceptLate(message, command).catch((error) => closed || fatal(error));
        return;
      }
      messages.take(1);
      accept({ message, command });
    }
  }

  return {
    get length() {
      return messages.length;
    },
    push: messages.push,
    admit,
    close() {
      closed = true;
      messages.clear();
    },
  };
}
