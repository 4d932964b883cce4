// All faults of the suite, in the order in which they run.
import type { Scenario } from './scenario.ts';
import { answersToCommandsLost } from './scenarios/f01-answers-to-commands.ts';
import { answersToWorkersLost } from './scenarios/f02-answers-to-workers.ts';
import { workerKilled } from './scenarios/f03-worker-killed.ts';
import { zombies } from './scenarios/f04-zombies.ts';
import { blockedWorker } from './scenarios/f05-blocked-worker.ts';
import { comingAndGoing } from './scenarios/f06-coming-and-going.ts';
import { apiEnds } from './scenarios/f07-api-ends.ts';
import { brokerKilled } from './scenarios/f08-broker-killed.ts';
import { rollingRestart } from './scenarios/f08b-rolling-restart.ts';
import { majorityKilled } from './scenarios/f08c-majority-killed.ts';
import { badNetwork } from './scenarios/f09-bad-network.ts';
import { mongodbAway } from './scenarios/f10-mongodb-away.ts';
import { projectorKilled } from './scenarios/f11-projector-killed.ts';
import { registryAway } from './scenarios/f12-registry-away.ts';
import { poisonedPartition } from './scenarios/f13-poison.ts';
import { retried } from './scenarios/f14-retries.ts';
import { rebuilt } from './scenarios/f15-rebuild.ts';
import { diskFull } from './scenarios/f16-disk-full.ts';
import { deletedUnread } from './scenarios/f17-deleted-unread.ts';
import { identityForgotten } from './scenarios/f18-identity-forgotten.ts';
import { leadersMoved } from './scenarios/f18b-leaders-moved.ts';
import { recordsDeleted } from './scenarios/f18c-records-deleted.ts';
import { randomFaults } from './scenarios/f19-random.ts';
import { longJob } from './scenarios/f20-long-job.ts';

export const scenarios: readonly Scenario[] = [
  answersToCommandsLost,
  answersToWorkersLost,
  workerKilled,
  zombies,
  blockedWorker,
  comingAndGoing,
  apiEnds,
  brokerKilled,
  badNetwork,
  mongodbAway,
  projectorKilled,
  registryAway,
  poisonedPartition,
  retried,
  rebuilt,
  diskFull,
  deletedUnread,
  identityForgotten,
  rollingRestart,
  majorityKilled,
  leadersMoved,
  recordsDeleted,
  longJob,
  randomFaults,
];
