// `npm run test:faults`: breaks a real system in every way that is listed, under load, and requires every invariant to
// hold. Ends with 0 when all held, 1 on a breach, 2 when the suite itself could not do its work.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { document, lacking } from './document.ts';
import { type Kept, keepBegin, readKept } from './kept-results.ts';
import { isShortened } from './minutes.ts';
import { type Mutated, mutate } from './mutate.ts';
import { complaint, isBad, table } from './result.ts';
import { runMatrix } from './run-matrix.ts';
import { scenarios } from './scenarios.ts';

const draw = () => Math.floor(Math.random() * 2 ** 31);
const args = readArguments(
  process.argv.slice(2),
  scenarios.map(({ id }) => id),
  draw,
);
/** Names a folder that is kept also when everything held. */
const keep = process.env.FAULTS_FOLDER;

const chosen = scenarios.filter(({ id, inCi }) => args.only?.includes(id) ?? (!args.ci || inCi));
const mutateAll = () => mutate(args.only, args.seeds[0] ?? 0);
const allNoticed = (mutated: readonly Mutated[]) => mutated.every(({ noticed }) => noticed);
const work = args.mutate ? mutateAll().then((mutated) => (allNoticed(mutated) ? 0 : 1)) : runAll();
const code = await work.catch((error: unknown) => {
  console.error(error);
  return 2;
});
process.exit(code);

async function runAll(): Promise<number> {
  if (args.resume && keep === undefined) throw new Error('--resume: name the folder of that run with FAULTS_FOLDER');
  const runFolder = keep ?? (await mkdtemp(join(tmpdir(), 'putlog-faults-')));
  await mkdir(runFolder, { recursive: true });
  const kept: Kept = args.resume ? await readKept(runFolder) : { seeds: args.seeds, results: [], notAsMeant: 0 };
  const { seeds } = kept;
  // Before hours are spent on it.
  const lacks = lackingOf(seeds.length, 0);
  if (args.writeDocs && lacks.length > 0) throw new Error(`--write-docs: ${lacks.join('; ')}`);
  if (!args.resume) await keepBegin(runFolder, seeds);
  console.log(`seeds ${seeds.join(', ')}; folder ${runFolder}`);
  if (args.resume) console.log(`${kept.results.length} runs stand, ${kept.notAsMeant} were not as meant and run again`);
  const ran = await runMatrix(chosen, { seeds, runFolder, plain: !args.ci });
  const { results } = ran;
  console.log(`\n${table(results)}\n`);
  const bad = results.filter(isBad);
  for (const result of bad) console.log(`${complaint(result)}\n`);
  const minutes = results.reduce((sum, { tookMs }) => sum + tookMs, 0) / 60_000;
  const acked = results.reduce((sum, { counts }) => sum + counts.acked, 0);
  console.log(
    `${results.length} faults, ${acked} acknowledged PUTs, ${bad.length} bad, ${minutes.toFixed(1)} min on ${cpus().length} cores`,
  );
  const noticed = args.writeDocs ? await writeDocs(ran) : true;
  if (bad.length === 0 && keep === undefined) await rm(runFolder, { recursive: true, force: true });
  if (!noticed || bad.some(({ breaches }) => breaches.length > 0)) return 1;
  return bad.length > 0 ? 2 : 0;
}

/** Only of a whole run. False: a mutation was not noticed. */
async function writeDocs({ results, seeds, notAsMeant }: Kept): Promise<boolean> {
  const lacks = lackingOf(seeds.length, results.filter(isBad).length);
  if (lacks.length > 0) {
    console.log(`docs/faults.md is left as it is: ${lacks.join('; ')}`);
    return true;
  }
  const mutated = await mutateAll();
  if (!allNoticed(mutated)) return false;
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const minutes = results.reduce((sum, { tookMs }) => sum + tookMs, 0) / 60_000;
  const file = join(import.meta.dirname, '../../docs/faults.md');
  await writeFile(file, document({ results, notAsMeant, mutated, minutes, date, machine }));
  console.log('docs/faults.md is written');
  return true;
}

function lackingOf(seeds: number, bad: number): string[] {
  return lacking({
    chosen: args.only !== undefined || args.ci,
    shortened: isShortened(),
    seeds,
    bad,
  });
}
