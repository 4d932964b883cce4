// docs/faults.md: what the fault suite did in its last whole run, written by that run. Pure.
import { type Result, table } from './result.ts';

export function document(results: readonly Result[], minutes: number): string {
  const acked = results.reduce((sum, { counts }) => sum + counts.acked, 0);
  return `# Faults

Written by \`npm run test:faults -- --write-docs\`; do not edit.

The real processes run behind proxies that can lose an answer, hold a request back or cut a client off; processes and
servers are killed, stopped and frozen; all of it under load. When it is over everything that was acknowledged must be
there once and in order, and the read model must be what a fold over the log gives. The table is one whole run:
${results.length} faults, ${acked} acknowledged PUTs, ${minutes.toFixed(0)} minutes.

${table(results)}

- **load**: answers to PUTs. A refused or unknown PUT is asked for again, as a client would.
- **holds**: the invariants that the fault attacks most; every one is checked each time.
- **recovery**: from the end of the fault to the first outcome after it. **quiet**: until every acknowledged job had one.
- **seed**: \`npm run test:faults -- --only F1 --seed N\` makes the same choices again.

## Invariants

1. No acknowledged job is without an outcome once it is quiet (60 s).
2. A job has at most one terminal event, for a plain reader of the topic.
3. Results of one key come in the order of its numbers.
4. What was refused never runs; what is unknown has at most one outcome.
5. The read model equals a fold over the log, document by document.
6. A reader that polls never sees a job go back.
7. A record that nobody can read is dead exactly once, byte for byte, and its partition moves on.
8. Committed offsets only grow; the lag returns to 0.
9. No attempt of a job has two recorded outcomes, whoever ran it.
10. Memory and descriptors stay bounded; SIGTERM ends a process within its deadline with nothing run twice.

## A suite that cannot fail proves nothing

\`npm run test:faults -- --mutate\` takes one guard out of a copy of the source at a time (the fence, the same sequence on
a resend, the claim, the read model's guard) and requires the suite to find a breach each time.

## What it does not show

A killed broker keeps what the operating system has in its page cache: nothing here tests a disk that lies about fsync,
nor the loss of one.
`;
}
