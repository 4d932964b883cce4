// From a record of the log to what it says of a job's status: decodes commands and events, passes over fences.
import type { PreparedLog } from '../platform/prepare-log.ts';
import type { Command } from '../schemas/command.ts';
import { fenceEventType } from '../schemas/fence.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { fromEvent } from './merge.ts';
import type { Fold } from './projector-group.ts';

type Decoders = Pick<PreparedLog, 'eventsTopic' | 'readCommand' | 'readEvent'>;

export function createFold({ eventsTopic, readCommand, readEvent }: Decoders): Fold {
  return (topic, partition, { offset, value, headers }) => {
    const at = Number(offset);
    if (topic !== eventsTopic) {
      const command = readCommand(value);
      const position = { topic, partition, offset: at };
      // The event that put a run off has said all that its command could say.
      const queued = (one: Command) => (one.kind === 'run' ? undefined : queuedJob(one, position));
      return command instanceof Promise ? command.then(queued) : queued(command);
    }
    if (String(headers?.ce_type) === fenceEventType) return undefined;
    const event = readEvent(value);
    return event instanceof Promise ? event.then((e) => fromEvent(e, at)) : fromEvent(event, at);
  };
}
