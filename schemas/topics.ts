// Names of topics, consumer groups, identities and schema subjects: each is made here and nowhere else.

export const lanes = ['normal'] as const;

export const topicNames = (prefix: string) => ({
  commands: (queue: string, lane: (typeof lanes)[number] = 'normal') => `${prefix}.commands.${queue}.${lane}`,
  events: `${prefix}.events`,
  cancels: `${prefix}.cancels`,
  settings: `${prefix}.control`,
});

export const groupNames = (prefix: string) => ({ workers: `${prefix}.workers`, projectors: `${prefix}.projectors` });

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
