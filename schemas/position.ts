// Where a record is in the log. Commands and events name each other by it.

/** As text `topic/partition@offset`. */
export type Position = { topic: string; partition: number; offset: number };

export const positionText = ({ topic, partition, offset }: Position): string => `${topic}/${partition}@${offset}`;

const written = /^([\w.-]{1,249})\/(\d{1,6})@(\d{1,15})$/;

/** What `positionText` wrote; undefined: it is no position. */
export function readPosition(text: string): Position | undefined {
  const [, topic, partition, offset] = written.exec(text) ?? [];
  return topic === undefined ? undefined : { topic, partition: Number(partition), offset: Number(offset) };
}

export const positionSchema = {
  type: 'record',
  name: 'Position',
  fields: [
    { name: 'topic', type: 'string' },
    { name: 'partition', type: 'int' },
    { name: 'offset', type: 'long' },
  ],
};
