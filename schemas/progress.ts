// What a function says of itself while it runs; in the job's status and events, and so in what clients read.

/** How far it is, in what units it likes; `data` is JSON. All of it at most 8 KiB. */
export type Progress = { current?: number; total?: number; message?: string; data?: unknown };
