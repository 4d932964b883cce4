// Counts the times at which this process was out of touch with its group for so long that the group has given its partitions
// to others by then, perhaps: it did not run (it was stopped, its machine slept, or a function blocked the event loop), or
// it ran and the group did not answer. Every term of a partition asks before each append; one that began before the last
// such time writes nothing until it is renewed, and while the group is silent none does.

export type Pauses = ReturnType<typeof createPauses>;

/** How long it was, in milliseconds. `stopped`: the process did not run. `silent`: the group did not answer, and still does not. */
export type Pause = { kind: 'stopped' | 'silent'; ms: number };

/**
 * What the group is given for an answer, in sessions. A process that is late by almost a session is only late; and whoever
 * gets the partition and cannot fence us waits for one and a half sessions, which begin a session after we were last heard.
 */
const silence = 1.5;

/**
 * `sessionMs`, and what the clocks tell, in milliseconds: `now` goes on while the process is stopped but not while the machine
 * sleeps, `wall` does both and may jump, which costs a question to the group and nothing else.
 */
export function createPauses({
  sessionMs,
  now = () => performance.now(),
  wall = () => Date.now(),
  told,
}: {
  sessionMs: number;
  now?: () => number;
  wall?: () => number;
  told: (pause: Pause) => void;
}) {
  let seen = { now: now(), wall: wall() };
  let count = 0;
  /** When the last request was sent that the group has answered; undefined: no group yet. */
  let heard: number | undefined;
  let silent = false;

  /** Looks at the clocks; returns how many pauses there have been. No two looks into one silence return the same. */
  function look(): number {
    const at = { now: now(), wall: wall() };
    const gap = Math.max(at.now - seen.now, at.wall - seen.wall);
    seen = at;
    const quiet = heard === undefined ? 0 : at.now - heard;
    const [wasStopped, wasSilent] = [gap > sessionMs, silent];
    silent = quiet > silence * sessionMs;
    if (wasStopped || silent) count++;
    if (wasStopped) told({ kind: 'stopped', ms: gap });
    else if (silent && !wasSilent) told({ kind: 'silent', ms: quiet });
    return count;
  }

  // So often that a process which runs is never taken for one that was stopped.
  const timer = setInterval(look, Math.min(500, sessionMs / 4)).unref();
  return {
    look,
    /** The group has answered a request that was sent `ms` milliseconds ago: then at the latest it still knew this process. */
    answered(ms: number) {
      heard = Math.max(heard ?? Number.NEGATIVE_INFINITY, now() - Math.max(0, ms));
    },
    close: () => clearInterval(timer),
  };
}
