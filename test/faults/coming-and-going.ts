// Workers join and leave for a while, in good order or not. Scenarios call it while load runs.
import { lasting } from './moments.ts';
import type { ProcessHandle } from './process-handle.ts';
import { between, pick } from './random.ts';
import type { FaultContext } from './scenario.ts';

const most = 4;

/** Something every 3 s, for so many milliseconds; resolves to what was done, and as many as were there live then. */
export async function comeAndGo({ system, random, note, terminate }: FaultContext, ms: number): Promise<string> {
  const seen = { joined: 0, left: 0, killed: 0 };
  const starts = new Set<Promise<unknown>>();
  /** Until a process listens to signals, SIGTERM is its death like any other. */
  const restarting = new Set<ProcessHandle>();
  for (const end = performance.now() + ms; performance.now() < end; await lasting(3_000)) {
    const alive = system.workers.filter(({ alive: lives }) => lives);
    const grows = alive.length <= 1 || (alive.length + starts.size < most && random() < 0.5);
    if (grows) {
      seen.joined++;
      const dead = system.workers.find(({ alive: lives }) => !lives);
      // One that is killed while it starts never gets ready.
      if (dead !== undefined) restarting.add(dead);
      const start = Promise.allSettled([dead === undefined ? system.startWorker() : dead.restart()]);
      starts.add(start);
      start.then(() => {
        starts.delete(start);
        if (dead !== undefined) restarting.delete(dead);
      });
    } else {
      const one = pick(random, alive);
      const kills = random() < 0.5 || restarting.has(one);
      if (kills) await one.kill();
      else await terminate(one);
      seen[kills ? 'killed' : 'left']++;
    }
    note(JSON.stringify(seen));
    await lasting(between(random, 0, 200));
  }
  await Promise.all(starts);
  return `${seen.joined} joined, ${seen.left} left, ${seen.killed} were killed`;
}
