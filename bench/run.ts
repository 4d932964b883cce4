// `npm run bench [-- --peers FOLDER[:NAME,NAME] --reps N --jobs N --sleeps N --connections C --probes P --write-docs]`: the whole of Putlog, and of each
// other system of FOLDER that speaks the same HTTP contract, behind one load generator, in turns. Prints a table with the ratios and
// keeps every figure as JSON in bench/results.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countOf } from './bench-stack.ts';
import { costsOf, type Round, tablesOf } from './compare.ts';
import { createBenchClient } from './http-client.ts';
import { type Load, measure } from './measure.ts';
import { writeBlock } from './performance-page.ts';
import { putlog, readPeers, type System } from './systems.ts';

const { values } = parseArgs({
  options: {
    peers: { type: 'string' },
    reps: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '20000' },
    sleeps: { type: 'string', default: '5000' },
    connections: { type: 'string', default: '64' },
    probes: { type: 'string', default: '300' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const reps = countOf('reps', values.reps);
const jobsOf: Readonly<Record<string, number>> = {
  echo: countOf('jobs', values.jobs),
  sleep10: countOf('sleeps', values.sleeps),
};
const connections = countOf('connections', values.connections);
const probes = countOf('probes', values.probes);

const [folder = '', names] = values.peers?.split(':') ?? [];
const peers = folder === '' ? [] : await readPeers(folder, names?.split(','));
if (peers.length === 0) console.error('No other system: --peers names a folder of them (bench/README.md).');
const systems = [putlog, ...peers];

const rounds: Round[] = [];
for (let rep = 0; rep < reps; rep++)
  for (const system of systems)
    for (const type of Object.keys(jobsOf)) {
      const round = await oneRound(system, { type, jobs: jobsOf[type] ?? 0, connections, probes });
      console.error(JSON.stringify(round));
      rounds.push(round);
    }

const at = new Date().toISOString();
const machine = {
  ...{ cores: cpus().length, gib: Math.round(totalmem() / 2 ** 30), node: process.version, model: cpus()[0]?.model },
};
const results = join(import.meta.dirname, 'results');
await mkdir(results, { recursive: true });
const file = join(results, `${at.slice(0, 16).replaceAll(':', '')}.json`);
await writeFile(file, `${JSON.stringify({ at, reps, connections, probes, machine, rounds }, null, 1)}\n`);
const costs = costsOf(rounds, (type) => jobsOf[type] ?? 0);
const text = [tablesOf(rounds), ...(costs === undefined ? [] : [costs])].join('\n\n');
console.log(text);
if (values['write-docs'])
  await writeBlock(
    'systems',
    `${at.slice(0, 10)}, ${reps === 1 ? 'one run of each' : `medians of ${reps} [least–most]`}:\n\n${text}`,
  );
console.log(`\n${file}`);
if (rounds.some(({ error }) => error !== undefined)) process.exitCode = 1;

/** What goes wrong with a system is a part of what is told of it. */
async function oneRound(system: System, load: Load): Promise<Round> {
  const round = { system: system.name, type: load.type };
  const loadBefore = loadavg()[0] ?? 0;
  let running: Awaited<ReturnType<System['start']>> | undefined;
  try {
    running = await system.start(load.type);
    const client = createBenchClient(running.url, connections);
    const { figures } = running;
    const measured = await measure(client, load, async () => (await figures()).cpuMs);
    const { mib } = await figures();
    await client.close();
    return { ...round, loadBefore, measured, mib };
  } catch (error) {
    return { ...round, loadBefore, error: error instanceof Error ? error.message : String(error) };
  } finally {
    await running?.stop();
  }
}
