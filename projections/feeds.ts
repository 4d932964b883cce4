// Which versions of the read model this projector writes: those that the alias names, once it has begun again at a checkpoint of theirs.
// What it reads from there on is written to each in the alias's order, so that of two one is never ahead of the other. main makes it.
import type { FollowedReadModel } from '../platform/follow-read-model.ts';
import { type ReadModel, readCheckpoints } from '../platform/read-model.ts';
import type { Alias } from '../platform/read-model-alias.ts';

export function createFeeds({ alias, modelNamed }: Pick<FollowedReadModel, 'alias' | 'modelNamed'>) {
  let joined: readonly string[] = [];
  let beginAgain: () => void = () => undefined;

  function lacks({ feeds }: Pick<Alias, 'feeds'>): boolean {
    // One that was left out for a while lacks what came meanwhile.
    joined = joined.filter((name) => feeds.includes(name));
    return feeds.some((name) => !joined.includes(name));
  }

  /** All that are to be written now. */
  async function join(): Promise<readonly ReadModel[]> {
    joined = (await alias()).feeds;
    return joined.map(modelNamed);
  }

  return {
    join,
    /** Of all that are to be written now, the least, by topic and partition. Call it with nothing pending: what is read next begins there. */
    checkpoints: async (topics: string[]) => leastOf(await join(), topics),
    /**
     * For a flusher. None while there is one that was not joined: to write the others without it would put them ahead of it. What is not
     * written is read again.
     */
    async targets(): Promise<readonly ReadModel[]> {
      const now = await alias();
      if (!lacks(now)) return now.feeds.map(modelNamed);
      beginAgain();
      return [];
    },
    /** The alias has changed. */
    changed(now: Pick<Alias, 'feeds'>): void {
      if (lacks(now)) beginAgain();
    },
    /** What to call when there is one to be joined. */
    onLack(again: () => void): void {
      beginAgain = again;
    },
  };
}

async function leastOf(models: readonly ReadModel[], topics: string[]): Promise<Map<string, Record<string, number>>> {
  const all = await Promise.all(models.map((model) => readCheckpoints(model, topics)));
  const least = (topic: string): Record<string, number> => {
    const partitions = new Set(all.flatMap((of) => Object.keys(of.get(topic) ?? {})));
    return Object.fromEntries(
      [...partitions].map((partition) => [partition, Math.min(...all.map((of) => of.get(topic)?.[partition] ?? 0))]),
    );
  };
  return new Map(topics.map((topic) => [topic, least(topic)]));
}
