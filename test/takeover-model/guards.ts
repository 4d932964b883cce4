// What keeps a takeover safe, rule by rule, so that each can be taken out alone, and what the world grants besides. The
// model asks for them at the place where the product keeps them; the tests and docs/takeover.md go through the list.

/** Each of them holds in the product; false takes it out of the model. */
export const allGuards = {
  /** A new owner writes a fence record before anything else. */
  fence: true,
  /** It reads what is done only once its fence is stored, and up to the fence. */
  readBehindFence: true,
  /** The next batch is sent when the one before it is known to be stored. */
  oneInFlight: true,
  /** A batch without an answer goes again under its own sequence. */
  resendSameSequence: true,
  /** A command counts as done when its outcome is in the log, not when its function has returned. */
  outcomeBeforeCheckpoint: true,
  /** A checkpoint names the commands below it that are not done. */
  checkpointNamesUndone: true,
  /** A checkpoint moves past an outcome in the same step in which it stops naming the command. */
  positionWithOutcome: true,
  /** No checkpoint before the owner has passed every command that its takeover found done. */
  checkpointWaitsForSkipped: true,
  /** A job is claimed before it runs: one of two commands of a job runs. */
  claims: true,
  /** A claim names its command, so that a later owner may run that command again. */
  claimNamesPosition: true,
  /** A takeover that finds another producer id waits until whoever wrote under it has noticed. */
  wait: true,
  /** Every producer id since the checkpoint counts for that, not the last fence's alone. */
  everyFenceCounts: true,
  /** After the wait it writes a second fence, and reads up to that one. */
  secondFence: true,
  /** An owner that was out of touch for longer than the wait appends nothing before it has renewed; else it gives up. */
  stopGap: true,
  /** An owner renews its identity long before Kafka would forget it, and gives up where it cannot. */
  renewal: true,
  /** A renewal reads the log like a takeover, and ends the term where another has been at work. */
  renewalReads: true,
};

export type Guards = typeof allGuards;

/** `requestsDie`: what an owner sent before it was out of touch for that long does not reach the broker any more. */
export const granted = { requestsDie: true };

export type Assumptions = typeof granted;
