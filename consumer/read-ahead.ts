// How much is taken into hand of a partition: what can begin soon, and, where most of what is in hand cannot begin (it waits behind a busy
// key, for a limit, or for the turns of other tenants), more than that: what comes behind it in the log must not wait for it. One
// allowance for all partitions of a worker. No I/O.

/** Of one partition, without an allowance: commands in hand, those that could begin if there were slots, and bytes. */
const own = { commands: 1_000, ready: 1_000, bytes: 16 * 2 ** 20 };

export type ReadAhead = ReturnType<typeof createReadAhead>;

/** @param most commands and bytes of them, in all partitions together, beyond what each has room for anyway */
export function createReadAhead(most = { commands: 100_000, bytes: 64 * 2 ** 20 }) {
  const used = { commands: 0, bytes: 0 };
  return {
    /** `demand`: how much could begin, see the fair queue. `may`: could anything that comes later begin sooner? */
    open({ demand, may }: { demand: () => number; may: () => boolean }) {
      const mine = { commands: 0, bytes: 0 };
      function set(commands: number, bytes: number) {
        used.commands += commands - mine.commands;
        used.bytes += bytes - mine.bytes;
        Object.assign(mine, { commands, bytes });
      }
      return {
        /** Is there room for one more beside what is in hand? `share` below 1: for many. */
        room(commands: number, bytes: number, share = 1): boolean {
          if (commands >= own.commands) set(commands - own.commands, bytes);
          else if (mine.commands > 0) set(0, 0);
          if (bytes >= share * own.bytes || demand() >= share * own.ready) return false;
          if (commands < share * own.commands) return true;
          return may() && used.commands < share * most.commands && used.bytes < share * most.bytes;
        },
        /** The partition is no longer ours. */
        close: () => set(0, 0),
      };
    },
  };
}
