// F15: the read model is rebuilt under load: the rebuild is killed with -9 in one step after the other, the projector between its writes
// of the two versions; then it is switched, rolled back and switched again. Whoever polls meanwhile gets an answer each time.
import { setTimeout as wait } from 'node:timers/promises';
import { createApi } from '../../e2e/api.ts';
import { killOnceItSays, runProgram } from '../../e2e/run-program.ts';
import { soon } from '../../stack/deadline.ts';
import { partitions } from '../fault-system.ts';
import { fateOf } from '../journal.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

/** What a rebuild says before it does something. */
const steps = [/"step":"reading"/, /"step":"indexing"/, /"step":"comparing"/, /"phase":"fed"/, /"phase":"ahead"/];

export const rebuilt: Scenario = {
  id: 'F15',
  name: 'the read model is rebuilt and rolled back; the rebuild and the projector are killed in the middle',
  holds: [5, 6],
  inCi: false,
  deadlineMs: 600_000,
  async run(context) {
    const { system, load, random, note, healed } = context;
    const env = environment(context);
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runProgram([...args, '--json'], env);
      must(code === 0, `putlog ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
    };
    load.begin({ perSecond: 150 });
    await more(load, 400);
    const reading = poll(context);

    for (const step of steps) {
      await killOnceItSays(['rebuild', '--verify', '--json'], env, step);
      note(`rebuild killed at ${step}`);
      await lasting(between(random, 0, 1_000));
    }
    const switching = run('rebuild', '--verify');
    await soon(
      'a write to the second version',
      system.proxy.mongodb.atNextWrite('jobs_v2', () => system.projector.kill()),
    );
    note('projector killed before it wrote the second version');
    await lasting(between(random, 500, 2_500));
    await system.projector.restart();
    const first = await switching;
    must(first.version === 'jobs_v2', `it is ${first.version} that is read`);
    await more(load, 150);

    const back = await run('rebuild', '--rollback');
    must(back.version === 'jobs_v1', `it is ${back.version} that is read after the rollback`);
    await more(load, 150);
    const again = await run('rebuild', '--verify');
    must(again.version === 'jobs_v3', `it is ${again.version} that is read in the end`);
    healed();
    await more(load, 100);
    const { reads, amiss } = await reading.stop();
    for (const text of amiss) context.breach({ invariant: 6, text });
    must(reads > 100, `only ${reads} polls were answered`);
    return `${steps.length} kills; rolled back in ${back.switchMs} ms; ${reads} polls, each answered`;
  },
};

/** As the services have it, but past the proxies: what is done to them is not done to the rebuild. */
function environment({ system, stack }: FaultContext): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PUTLOG_|FAULTS_|NODE_ENV$|VITEST)/.test(name));
  return {
    ...Object.fromEntries(kept),
    KAFKA_BROKERS: stack.direct.kafka,
    SCHEMA_REGISTRY_URL: stack.direct.registryUrl,
    MONGODB_URI: stack.direct.mongoUri(system.prefix),
    PUTLOG_PREFIX: system.prefix,
    PUTLOG_PARTITIONS: String(partitions),
    PUTLOG_JOBS: `${import.meta.dirname}/../jobs`,
  };
}

/** Reads jobs that were acknowledged, one after the other; the harness polls too, and there an answer may be missing. */
function poll({ system, load, random }: FaultContext) {
  const api = createApi(system.http);
  const amiss: string[] = [];
  let reads = 0;
  let stopped = false;
  async function read() {
    while (!stopped) {
      const names = [...load.journal.jobs.values()].filter((job) => fateOf(job) === 'acked').map(({ name }) => name);
      for (let i = 0; i < 50 && !stopped; i++, await wait(20)) {
        const name = names[Math.floor(random() * names.length)];
        if (name === undefined) continue;
        const { status, body } = await api.get(name);
        reads++;
        if (status !== 200) amiss.push(`${name} was answered ${status} ${String(body.code)}`);
      }
    }
  }
  const done = read();
  return {
    async stop() {
      stopped = true;
      await done;
      await api.close();
      return { reads, amiss };
    },
  };
}
