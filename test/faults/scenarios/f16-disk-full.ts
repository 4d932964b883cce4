// F16: the disk under the broker's log is full, twice, under load. What cannot be kept is not acknowledged; with room again,
// and the broker started again, everything goes on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../stack/deadline.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

/** So long a broker may live on without room (milliseconds) before it counts as one that does. */
const livesOnMs = 30_000;

export const diskFull: Scenario = {
  id: 'F16',
  name: 'the disk under the broker is full',
  holds: [1, 2, 8],
  inCi: false,
  system: { workers: 2 },
  broker: {},
  disk: 256 * 2 ** 20,
  async run({ stack: { stack }, disk, load, random, note, healed }) {
    must(disk !== undefined, 'the broker has no disk of its own');
    const { counts } = load.journal;
    const brokerLog = join(stack.dataDir, 'logs', 'kafka.log');
    load.begin({ perSecond: 200 });
    await more(load, 200);
    const seen = { refused: 0, ended: 0 };
    for (let round = 0; round < 2; round++) {
      const [said, refused] = [readFileSync(brokerLog, 'utf8').length, counts.rejected + counts.unknown];
      disk.fill(between(random, 0, 512 * 1_024));
      const began = performance.now();
      const ended = await until(
        'the end of the broker',
        async () => (stack.kafka?.pid ? undefined : true),
        livesOnMs,
      ).catch(() => false);
      const took = Math.round(performance.now() - began);
      if (ended) seen.ended++;
      const words = readFileSync(brokerLog, 'utf8').slice(said).split('\n');
      for (const line of words.filter((one) => /No space left|ERROR|FATAL/.test(one)).slice(0, 12)) note(line);
      note(ended ? `the broker ended by itself after ${took} ms` : `the broker lives on after ${took} ms`);
      // Answers that were on their way.
      await lasting(1_000);
      const { accepted } = load.journal.counts;
      const own = await load.put({ type: 'fault.nap', id: `full-${round}`, payload: { ms: 0 } });
      note(`a PUT with the disk full: ${own.status} ${own.code}`);
      must(own.status === 503, `a PUT was answered ${own.status} while nothing could be stored`);
      await lasting(between(random, 1_000, 6_000));
      const others = load.journal.counts.accepted - accepted;
      must(!ended || others === 0, `${others} jobs were acknowledged while there was no broker`);
      seen.refused += counts.rejected + counts.unknown - refused;
      disk.free();
      if (!ended) await stack.stopPart('kafka', 'SIGKILL');
      await stack.startPart('kafka');
      healed();
      await more(load, between(random, 100, 300));
    }
    return `full twice, the broker ended by itself ${seen.ended} times; ${seen.refused} PUTs told 503 or nothing`;
  },
};
