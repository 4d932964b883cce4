// Names of topics, consumer groups, identities and schema subjects: each is made here and nowhere else.

/** A queue has a topic of commands for each, the most urgent first. */
export const lanes = ['high', 'normal', 'low'] as const;
export type Lane = (typeof lanes)[number];

/** `of` is what the lanes of one queue have in common; a topic that is no lane stands for itself. */
export function laneOf(topic: string): { of: string; lane: Lane } {
  const dot = topic.lastIndexOf('.');
  const lane = lanes.find((one) => one === topic.slice(dot + 1));
  return lane === undefined ? { of: topic, lane: 'normal' } : { of: topic.slice(0, dot), lane };
}

const commands = (prefix: string, queue: string, lane: Lane) => `${prefix}.commands.${queue}.${lane}`;

export const topicNames = (prefix: string) => ({
  commands: (queue: string, lane: Lane = 'normal') => commands(prefix, queue, lane),
  /** All lanes of a queue, the most urgent first. */
  commandsOf: (queue: string) => lanes.map((lane) => commands(prefix, queue, lane)),
  events: `${prefix}.events`,
  cancels: `${prefix}.cancels`,
  settings: `${prefix}.control`,
});

export const groupNames = (prefix: string) => ({ workers: `${prefix}.workers`, projectors: `${prefix}.projectors` });

/** Of a service that subscribes: its consumer group, and the topic of what it could not handle. */
export const subscriberNames = (prefix: string, group: string) => ({
  group: `${prefix}.subscribers.${group}`,
  dead: `${prefix}.subscribers.${group}.dead`,
});
/** The group of a projection other than job status. */
export const projectionGroup = (prefix: string, name: string): string => `${prefix}.projection.${name}`;

/** The producer identity under which the owner of a partition of commands writes (design: one for each partition). */
export const ownerIdentity = (group: string, topic: string, partition: number): string =>
  `${group}.${topic}.${partition}`;

export const subjectNames = (prefix: string) => ({
  command: `${prefix}.Command`,
  event: `${prefix}.Event`,
  fence: `${prefix}.Fence`,
  cancel: `${prefix}.Cancel`,
  setting: `${prefix}.Setting`,
  payload: (type: string) => `${prefix}.job.${type}.payload`,
  result: (type: string) => `${prefix}.job.${type}.result`,
});
