// A dry run calls nobody: what a function of the built-in types sends has been sent already, by the run that is compared. Each of them that
// connects to somebody asks first.
import type { JobContext } from '../../schemas/define-job.ts';
import { NonRetryableError } from '../../schemas/retry-errors.ts';

/** @throws NonRetryableError in a dry run */
export function assertSends({ dryRun }: Pick<JobContext, 'dryRun'>): void {
  if (dryRun) throw new NonRetryableError('a dry run sends nothing');
}
