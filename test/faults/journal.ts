// What the clients of a run know: each attempt is written down before its PUT is sent, what came of it after. It is the
// one witness that shares nothing with the system under test. The load generator writes it, the invariants read it.
import { closeSync, openSync, writeSync } from 'node:fs';
import { canonicalJson, digestOf } from '../../schemas/canonical-json.ts';
import type { EventKind } from '../../schemas/event.ts';
import type { JobState } from '../../schemas/job-status.ts';

/** `number`: its place among the calls of its key; null: it has none. `expects`: the outcomes that are right for it. */
export type Call = {
  type: string;
  id: string;
  key: string;
  number: number | null;
  payload: unknown;
  expects: readonly EventKind[];
  /** Seconds until it is due. */
  delay?: number;
};

/** `rejected`: it is certain that the log does not have it. `unknown`: it may have it, or get it later. */
export type Fate = 'acked' | 'rejected' | 'unknown';

/** `status` null: there was no answer. `code` is that of the problem document, or of the error of the connection. */
export type PutAnswer = { outcome: Fate; status: number | null; code: string | null };

/** What a GET said; `missing` is a 404. */
export type Reading = { state: JobState | 'missing'; generation: number; attempt: number };

export type JournaledJob = Omit<Call, 'payload'> & {
  /** `<type>/<id>` */
  readonly name: string;
  /** SHA-256 of the canonical payload, hex. */
  readonly digest: string;
  /** How many attempts have each fate; `open`: there is no answer yet. */
  readonly answers: Record<Fate | 'open', number>;
  /** What a client that polls saw, one after the other, without what is the same as before. */
  readonly readings: Reading[];
};

export type Journal = ReturnType<typeof createJournal>;

/** What holds of a job, given all attempts to submit it. */
export function fateOf({ answers }: Pick<JournaledJob, 'answers'>): Fate {
  if (answers.acked > 0) return 'acked';
  return answers.unknown > 0 || answers.open > 0 ? 'unknown' : 'rejected';
}

/** `write` gets one line of JSON for each attempt, answer and reading, and must keep it before it returns. */
export function createJournal(write: (line: string) => void) {
  const jobs = new Map<string, JournaledJob>();
  const open = new Map<number, JournaledJob>();
  const counts = { acked: 0, rejected: 0, unknown: 0, accepted: 0 };
  let attempts = 0;

  const note = (entry: object) => write(`${JSON.stringify({ at: Date.now(), ...entry })}\n`);

  return {
    jobs: jobs as ReadonlyMap<string, JournaledJob>,
    /** Answers of each kind so far; a job that is sent twice counts twice. `accepted`: answers 202. */
    counts: counts as Readonly<typeof counts>,

    /** Before a PUT. Resolves to the attempt's number, by which its answer is told. */
    attempt(call: Call): number {
      const { type, id, key, number, expects, payload } = call;
      const name = `${type}/${id}`;
      const job = jobs.get(name) ?? {
        ...{ name, type, id, key, number, expects, readings: [] },
        digest: digestOf(canonicalJson(payload)),
        answers: { acked: 0, rejected: 0, unknown: 0, open: 0 },
      };
      jobs.set(name, job);
      job.answers.open++;
      open.set(++attempts, job);
      note({ attempt: attempts, job: name, key, number, digest: job.digest });
      return attempts;
    },

    /** @throws Error where there is no such attempt, or it was answered already */
    answered(attempt: number, { outcome, status, code }: PutAnswer): void {
      const job = open.get(attempt);
      if (job === undefined) throw new Error(`attempt ${attempt} is not open`);
      open.delete(attempt);
      job.answers.open--;
      job.answers[outcome]++;
      counts[outcome]++;
      if (status === 202) counts.accepted++;
      note({ answer: attempt, job: job.name, outcome, status, code });
    },

    read(name: string, reading: Reading): void {
      const job = jobs.get(name);
      if (job === undefined) throw new Error(`${name} was never submitted`);
      const last = job.readings.at(-1);
      const { state, generation, attempt } = reading;
      if (last?.state === state && last.generation === generation && last.attempt === attempt) return;
      job.readings.push(reading);
      note({ read: name, ...reading });
    },
  };
}

/** A journal in a file, which is begun anew. Lines are in the file, not on the disk, when a call returns. */
export function openJournal(file: string): Journal & { close: () => void } {
  const descriptor = openSync(file, 'w');
  const journal = createJournal((line) => void writeSync(descriptor, line));
  return { ...journal, close: () => closeSync(descriptor) };
}
