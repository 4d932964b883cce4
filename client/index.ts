// What a program imports as 'putlog/client': all that is needed to call jobs over HTTP, and nothing of what runs them.
// biome-ignore-start lint/performance/noBarrelFile: the public entry of the client
export { type BatchAnswer, isRefused } from './batch.ts';
export type { Snapshot, SnapshotOptions } from './build-snapshot.ts';
export { type BatchCall, type Client, createClient } from './create-client.ts';
export { type FinishedJob, isFinished, type JobEvent, type JobName, type JobStatus } from './job.ts';
export { ConnectionError, type Problem, ProblemError } from './problem-error.ts';
export { resultOf } from './result-of.ts';
// biome-ignore-end lint/performance/noBarrelFile: the public entry of the client
