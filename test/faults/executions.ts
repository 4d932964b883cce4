// Every call of a function of the fault suite, as the function itself wrote it down: when it began and when it ended, in a
// file that outlives kill -9. The job types write it, the invariants read it; nothing of the system under test knows of it.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** `job` is `<type>/<id>`. `at` in microseconds of the machine's monotonic clock, the same for all its processes. */
export type Execution = {
  what: 'begin' | 'end';
  job: string;
  /** Absent: the first. */
  generation?: number;
  attempt: number;
  key: string;
  number: number | null;
  pid: number;
  at: number;
};

export type ExecutionPart = Pick<Execution, 'job' | 'generation' | 'attempt' | 'key' | 'number'>;

/** Names the file, in the environment of the workers. */
export const executionsVariable = 'FAULTS_EXECUTIONS';

/** At once, and in one write: what has begun is in the file before anything of it can be seen elsewhere. */
export function writeDown(what: Execution['what'], part: ExecutionPart): void {
  const file = process.env[executionsVariable];
  if (file === undefined) throw new Error(`${executionsVariable} is not set: nobody would know that this function ran`);
  const at = Number(process.hrtime.bigint() / 1_000n);
  const line: Execution = { what, ...part, pid: process.pid, at };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** In the order of writing. A file that is not there yet holds none; a last line without its end is left out. */
export async function readExecutions(file: string): Promise<Execution[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Execution);
}
