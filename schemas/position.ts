// Where a record is in the log. Commands and events name each other by it.

/** As text `topic/partition@offset`. */
export type Position = { topic: string; partition: number; offset: number };

export const positionText = ({ topic, partition, offset }: Position): string => `${topic}/${partition}@${offset}`;

export const positionSchema = {
  type: 'record',
  name: 'Position',
  fields: [
    { name: 'topic', type: 'string' },
    { name: 'partition', type: 'int' },
    { name: 'offset', type: 'long' },
  ],
};
