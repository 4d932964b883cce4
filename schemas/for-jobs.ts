// What a file of a user's own imports as 'putlog': all that is needed to define a job type or a projection. platform/job-imports.ts makes
// the name work in any folder.
// biome-ignore-start lint/performance/noBarrelFile: the one public entry of the package
export { default as Type } from 'typebox';
export type { BlobInfo, BlobStore } from './blob.ts';
export { defineJob, type JobContext } from './define-job.ts';
export { type Change, defineProjection } from './define-projection.ts';
export type { JobEvent } from './event-fields.ts';
export { PutlogError } from './problem.ts';
export type { Progress } from './progress.ts';
export { NonRetryableError, RetryAfter } from './retry-errors.ts';
// biome-ignore-end lint/performance/noBarrelFile: the one public entry of the package
