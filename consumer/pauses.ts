// Counts the times at which this process did not run for longer than its group's session: it was stopped, its machine
// slept, or a function blocked the event loop. The group has given its partitions to others by then, perhaps. Every term
// of a partition asks before each append; one that began before the last pause writes nothing until it is renewed.

export type Pauses = ReturnType<typeof createPauses>;

/**
 * `limitMs`, and what the clocks tell, in milliseconds: `now` goes on while the process is stopped but not while the machine
 * sleeps, `wall` does both and may jump, which costs a question to the group and nothing else.
 */
export function createPauses({
  limitMs,
  now = () => performance.now(),
  wall = () => Date.now(),
  told,
}: {
  limitMs: number;
  now?: () => number;
  wall?: () => number;
  told: (gapMs: number) => void;
}) {
  let seen = { now: now(), wall: wall() };
  let count = 0;

  /** Looks at the clocks; returns how many pauses there have been. */
  function look(): number {
    const at = { now: now(), wall: wall() };
    const gap = Math.max(at.now - seen.now, at.wall - seen.wall);
    seen = at;
    if (gap > limitMs) {
      count++;
      told(gap);
    }
    return count;
  }

  // So often that a process which runs is never taken for one that was stopped.
  const timer = setInterval(look, Math.min(500, limitMs / 4)).unref();
  return { look, close: () => clearInterval(timer) };
}
