// How long the next PUT must wait so that so many go out a second; what could not be sent meanwhile is made up for by one
// burst only, because a system that comes back must not meet a wall.

/** `next` gives milliseconds. */
export function createPace(
  perSecond: number,
  burst: number,
  now: () => number = () => performance.now(),
): () => number {
  const every = 1_000 / perSecond;
  let slot = now();
  return () => {
    const at = now();
    slot = Math.max(slot + every, at - burst * every);
    return Math.max(0, slot - at);
  };
}
