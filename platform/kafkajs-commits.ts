// One fix of kafkajs 2.2.4, in force as soon as this module is imported. A commit that fails is tried again by it without end, with the
// offsets of the time at which it was asked for: one that is stuck so keeps those that come later from being sent, or takes
// them back. Here it is tried once; who commits does so again and again anyway, with what is true by then.
// biome-ignore lint/style/noRestrictedImports: a folder of kafkajs, not ours.
import Runner from 'kafkajs/src/consumer/runner.js';

Runner.prototype.commitOffsets = async function commitOnce(offsets) {
  if (!this.running) throw new Error('the consumer does not run');
  await this.consumerGroup.commitOffsets(offsets);
};
