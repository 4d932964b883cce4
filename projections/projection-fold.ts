// From a record of the log to what a projection changes because of it. Kinds of events that it does not ask for are told by a header of
// their record, and are not decoded. The group of a projection calls it.
import { headerOf } from '../platform/batch-record.ts';
import type { PreparedLog } from '../platform/prepare-log.ts';
import type { Change, ProjectionDefinition } from '../schemas/define-projection.ts';
import type { Position } from '../schemas/position.ts';
import type { Folded } from './patient-fold.ts';

type Decoders = Pick<PreparedLog, 'eventsTopic' | 'readCommand' | 'readEvent'>;

/** A projection's own function has thrown, or has returned what is no change: no repetition will mend it. */
export class ProjectionFault extends Error {
  constructor(where: string, cause: unknown) {
    super(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'ProjectionFault';
  }
}

/** The function that it returns @throws UndecodableError, ProjectionFault; it rejects with the same where a schema is new here */
export function createProjectionFold({ eventsTopic, readCommand, readEvent }: Decoders, of: ProjectionDefinition) {
  const asked: ReadonlySet<string> = new Set(of.kinds.map((kind) => `putlog.job.${kind}`));

  function changes<Told>(fold: ((told: Told, position: Position) => Iterable<Change>) | null, position: Position) {
    return (told: Told): Change[] | undefined => {
      try {
        return fold === null ? undefined : [...fold(told, position)];
      } catch (error) {
        throw new ProjectionFault(`at ${position.topic}/${position.partition}@${position.offset}`, error);
      }
    };
  }

  return (topic: string, partition: number, message: Pick<Folded, 'offset' | 'value' | 'headers' | 'header'>) => {
    const { offset, value } = message;
    const position = { topic, partition, offset: Number(offset) };
    if (topic === eventsTopic) {
      if (!asked.has(headerOf(message, 'ce_type') ?? '')) return undefined;
      const event = readEvent(value);
      const told = changes(of.event, position);
      return event instanceof Promise ? event.then(told) : told(event);
    }
    const command = readCommand(value);
    const told = changes(of.command, position);
    return command instanceof Promise ? command.then(told) : told(command);
  };
}

/** The topics that it reads. */
export const topicsOf = (
  { event, command }: Pick<ProjectionDefinition, 'event' | 'command'>,
  { eventsTopic, commandTopics }: Pick<PreparedLog, 'eventsTopic' | 'commandTopics'>,
): string[] => [...(command === null ? [] : commandTopics), ...(event === null ? [] : [eventsTopic])];
