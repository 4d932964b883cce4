// Loaded before the program into each service of the fault suite, and into nothing else: collects all garbage now and then
// and writes down what is left, which is all that can leak. SIGUSR2 makes it write a heap snapshot beside that.
import { join } from 'node:path';
import { getHeapStatistics, setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { heapsEveryVariable, heapsVariable, writeHeapReading } from './heap-readings.ts';

/** Milliseconds. A collection of all takes some 50 ms. */
const everyMs = Number(process.env[heapsEveryVariable] ?? 20_000);

const folder = process.env[heapsVariable];
if (isMainThread && folder !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('V8 gives no function that collects garbage');
  setInterval(() => {
    collect();
    // The first one only begins to give buffers back; the next one waits until that is done.
    collect({ type: 'minor' });
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const { total_physical_size: heapResident } = getHeapStatistics();
    writeHeapReading(folder, process.pid, { at: Date.now(), rss, heapResident, heapUsed, external, arrayBuffers });
  }, everyMs).unref();
  process.on('SIGUSR2', () => {
    writeHeapSnapshot(join(folder, `heap-${process.pid}-${Date.now()}.heapsnapshot`));
  });
}
