// Has a version of the read model that was built from the log lack what its types have forgotten, as the one that is read does: at once,
// and from then on.
import { expireJobs, type ReadModel } from '../platform/read-model.ts';

/** @throws what MongoDB says; it may be repeated */
export async function forgetWhatIsOver(model: ReadModel): Promise<void> {
  await expireJobs(model);
  await model.jobs.deleteMany({ expiresAt: { $lte: new Date() } });
}
