// F20: a job of ten minutes, under a session of ten seconds, with workers that join and leave all the while. Whoever runs it
// lives, so it runs once: no rebalance, renewal or checkpoint may take it for lost.
import { partitionOf } from '../../../platform/partition-of.ts';
import { soon, until } from '../../stack/deadline.ts';
import { readExecutions } from '../executions.ts';
import { partitions } from '../fault-system.ts';
import { nameOf } from '../invariants-history.ts';
import { minutesOf } from '../minutes.ts';
import { lasting, more } from '../moments.ts';
import { between, pick } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

const minutes = minutesOf(10);
const most = 5;
const type = 'fault.long';
const id = 'long';

/** An owner that has to give a partition away keeps the lowest it has. */
function keyOfPartitionZero(): string {
  for (let i = 0; ; i++) if (partitionOf(Buffer.from(`long-${i}`), partitions) === 0) return `long-${i}`;
}

export const longJob: Scenario = {
  id: 'F20',
  name: `a job of ${minutes} minutes under a session of 10 s`,
  holds: [2, 4, 9],
  inCi: false,
  once: true,
  deadlineMs: minutes * 60_000 + 240_000,
  system: { workers: 3, env: { PUTLOG_SESSION_TIMEOUT_MS: '10000' } },
  async run({ system, load, random, note, healed, terminate, readLog }) {
    load.begin({ perSecond: 20, connections: 8 });
    await more(load, 40);
    const ms = minutes * 60_000;
    const { outcome } = await load.put({ type, id, payload: { ms }, key: keyOfPartitionZero() });
    must(outcome === 'acked', 'the long job was not accepted');
    const runs = async () => (await readExecutions(system.executionsFile)).filter(({ job }) => job === `${type}/${id}`);
    const first = await until('the long job has begun', async () => (await runs())[0]);
    const owner = system.workers.find(({ pid }) => pid === first.pid);
    must(owner !== undefined, 'nobody knows who runs the long job');
    note(`${owner.name} runs it`);

    const seen = { joined: 0, left: 0, killed: 0 };
    for (const end = performance.now() + ms; performance.now() < end; ) {
      const others = system.workers.filter((worker) => worker !== owner);
      const alive = others.filter(({ alive: lives }) => lives);
      const dead = others.find(({ alive: lives }) => !lives);
      if (alive.length === 0 || (alive.length < most && random() < 0.5)) {
        seen.joined++;
        await (dead === undefined ? system.startWorker() : dead.restart());
      } else if (random() < 0.3) {
        seen.killed++;
        await pick(random, alive).kill();
      } else {
        seen.left++;
        await terminate(pick(random, alive));
      }
      note(JSON.stringify(seen));
      await lasting(Math.min(between(random, 2_000, 8_000), Math.max(0, end - performance.now())));
    }
    must(owner.alive && owner.pid === first.pid, 'the owner of the long job did not live on');
    healed();
    const events = await soon(
      'the outcome of the long job',
      until('the outcome of the long job', async () => {
        const found = (await readLog()).events.filter(({ event }) => nameOf(event) === `${type}/${id}`);
        return found.some(({ event }) => event.kind === 'succeeded') ? found : undefined;
      }),
    );
    const kinds = events.map(({ event }) => event.kind).join(', ');
    const whats = (await runs()).map(({ what }) => what).join(', ');
    must(whats === 'begin, end', `the long job ran like this: ${whats}`);
    must(kinds === 'started, succeeded', `the log says of the long job: ${kinds}`);
    return `${minutes} minutes: ran once, started once; ${seen.joined} joined, ${seen.left} left, ${seen.killed} were killed`;
  },
};
