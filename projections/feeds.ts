// Which versions of the read model this projector writes: those that the alias names, once it has begun again at a checkpoint of theirs.
// What it reads from there on is written to each in the alias's order, so that of two one is never ahead of the other. main makes it.
import type { FollowedReadModel } from '../platform/follow-read-model.ts';
import type { ReadModel } from '../platform/read-model.ts';
import type { Alias } from '../platform/read-model-alias.ts';

export type Feeds = ReturnType<typeof createFeeds>;

export function createFeeds({ alias, modelNamed }: Pick<FollowedReadModel, 'alias' | 'modelNamed'>) {
  let joined: readonly string[] = [];
  let beginAgain: () => void = () => undefined;

  function lacks({ feeds }: Pick<Alias, 'feeds'>): boolean {
    // One that was left out for a while lacks what came meanwhile.
    joined = joined.filter((name) => feeds.includes(name));
    return feeds.some((name) => !joined.includes(name));
  }

  return {
    /** All that are to be written now. Call it with nothing pending: what is read next begins at the least of their checkpoints. */
    async join(): Promise<readonly ReadModel[]> {
      joined = (await alias()).feeds;
      return joined.map(modelNamed);
    },
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
