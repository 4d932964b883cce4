// Readers that poll jobs at several processes in turn, and note each answer that is an error or says less than the one before.
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';

export type Answered = { reads: number; errors: string[]; stepsBack: string[] };

const rank: Record<string, number> = { scheduled: 0, queued: 1, running: 2, retrying: 3 };

/** `accepted`: names of jobs, `<type>/<id>`, the latest last. Each is read by one reader at a time, at another process each time. */
export function startPolling(accepted: () => readonly string[], apis: readonly Api[]) {
  const answered: Answered = { reads: 0, errors: [], stepsBack: [] };
  const seen = new Map<string, number>();
  const busy = new Set<string>();
  let stopped = false;

  async function read(name: string, api: Api) {
    const { status, body } = await api.get(name);
    answered.reads++;
    if (status !== 200) return void answered.errors.push(`${name}: ${status} ${JSON.stringify(body)}`);
    const now = Number(body.attempt ?? 0) * 10 + (rank[String(body.state)] ?? 9);
    const before = seen.get(name) ?? 0;
    if (now < before) answered.stepsBack.push(`${name}: ${before} and then ${now}`);
    seen.set(name, now);
  }

  async function reader(first: number) {
    for (let turn = first; !stopped; turn++) {
      const all = accepted();
      // Most of what moves is young.
      const name =
        all[all.length - 1 - Math.floor(Math.random() * Math.min(all.length, turn % 4 === 0 ? all.length : 30))];
      const api = apis[turn % apis.length];
      if (name !== undefined && api !== undefined && !busy.has(name)) {
        busy.add(name);
        await read(name, api).catch((error: unknown) => void answered.errors.push(String(error)));
        busy.delete(name);
      }
      await delay(20);
    }
  }
  const done = Promise.all([0, 1, 2].map(reader));
  return {
    look: (): Answered => answered,
    async stop(): Promise<Answered> {
      stopped = true;
      await done;
      return answered;
    },
  };
}
