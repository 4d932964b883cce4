// One fix of kafkajs 2.2.4, in force as soon as this module is imported. A member that its group has forgotten drops its id and
// joins anew. Where that fails, because its coordinator is away just then, kafkajs fetches on without an id, and without one it
// sends no heartbeat and never finds out: the process would be in no group for ever, and own nothing.
// biome-ignore lint/style/noRestrictedImports: a folder of kafkajs, not ours.
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';

const unknownMemberId = 25;
const { heartbeat } = ConsumerGroup.prototype;

/** It is asked for after every fetch; upon this error the member joins. */
ConsumerGroup.prototype.heartbeat = async function onlyAsAMember(options) {
  if (this.memberId === null) throw createErrorFromCode(unknownMemberId);
  await heartbeat.call(this, options);
};
