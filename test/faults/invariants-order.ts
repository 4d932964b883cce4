// Invariant 3: the calls of one ordering key come in the order of their numbers, in the log and on the workers. A number
// goes out when the one before it was answered; an unknown one may get in late, so the order is that of acknowledged ones.
import { at, type Breach, type History, isTerminalEvent, nameOf } from './invariants-history.ts';
import { fateOf, type JournaledJob } from './journal.ts';

type Parts = Pick<History, 'jobs' | 'log' | 'executions'>;

const isAcked = (job: JournaledJob): boolean => fateOf(job) === 'acked';

/** In the log: the outcomes of a key stand in one partition, in the order of its numbers. */
export function outcomesInOrderOfNumbers({ jobs, log }: Pick<Parts, 'jobs' | 'log'>): Breach[] {
  const last = new Map<string, { number: number; partition: number }>();
  const breaches: Breach[] = [];
  for (const logged of log.events.filter(isTerminalEvent).sort((a, b) => a.offset - b.offset)) {
    const job = jobs.get(nameOf(logged.event));
    if (job === undefined || job.number === null) continue;
    const { name, key, number } = job;
    const before = last.get(key);
    if (before !== undefined && before.partition !== logged.partition)
      breaches.push({
        invariant: 3,
        text: `key ${key} has outcomes in partitions ${before.partition} and ${logged.partition}`,
      });
    if (before !== undefined && before.number > number && isAcked(job))
      breaches.push({
        invariant: 3,
        text: `${name} has its outcome (${at(logged)}) after number ${before.number} of its key`,
      });
    last.set(key, { number: Math.max(number, before?.number ?? -1), partition: logged.partition });
  }
  return breaches;
}

type Run = { name: string; number: number; acked: boolean; began: number; ended: number | undefined };

/** On the workers: no number begins before an acknowledged lower one of its key has once run to its end. */
export function executionsInOrderOfNumbers({ jobs, executions }: Pick<Parts, 'jobs' | 'executions'>): Breach[] {
  const runs = new Map<string, Run>();
  for (const { what, job: name, at: when } of executions) {
    const job = jobs.get(name);
    if (job === undefined || job.number === null) continue;
    const run = runs.get(name) ?? { name, number: job.number, acked: isAcked(job), began: when, ended: undefined };
    // Of several runs of one call the first counts: what a zombie does later has no part in the order.
    run.began = Math.min(run.began, when);
    if (what === 'end') run.ended = Math.min(run.ended ?? when, when);
    runs.set(name, run);
  }
  return [...Map.groupBy(runs.values(), ({ name }) => jobs.get(name)?.key)].flatMap(([key, ofKey]) => {
    const breaches: Breach[] = [];
    let lower: Run | undefined;
    for (const run of ofKey.sort((a, b) => a.number - b.number)) {
      if (lower?.ended !== undefined && run.began < lower.ended)
        breaches.push({ invariant: 3, text: `${run.name} began before ${lower.name} of key ${key} had ended` });
      if (run.acked && run.ended !== undefined && run.ended > (lower?.ended ?? 0)) lower = run;
    }
    return breaches;
  });
}
