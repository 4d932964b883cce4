// `npm run test:faults`: breaks a real system in every way that is listed, under load, and requires every invariant to
// hold. Ends with 0 when all held, 1 on a breach, 2 when the suite itself could not do its work.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { document } from './document.ts';
import { type FaultStack, startFaultStack } from './fault-stack.ts';
import { mutate } from './mutate.ts';
import { complaint, isBad, type Result, table } from './result.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
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
const work = args.mutate ? mutate(args.only, args.seeds[0] ?? 0) : runAll();
const code = await work.catch((error: unknown) => {
  console.error(error);
  return 2;
});
process.exit(code);

async function runAll(): Promise<number> {
  const runFolder = keep ?? (await mkdtemp(join(tmpdir(), 'putlog-faults-')));
  await mkdir(runFolder, { recursive: true });
  console.log(`seeds ${args.seeds.join(', ')}; folder ${runFolder}`);
  const began = performance.now();
  const results: Result[] = [];
  let current: { stack: FaultStack; broker: Scenario['broker'] } | undefined;
  try {
    for (const seed of args.seeds)
      for (const scenario of chosen) {
        if (current !== undefined && current.broker !== scenario.broker) {
          await current.stack.stop();
          current = undefined;
        }
        current ??= { stack: await startFaultStack(scenario.broker), broker: scenario.broker };
        results.push(await tell(scenario, { stack: current.stack, seed, runFolder }));
      }
  } finally {
    await current?.stack.stop();
  }
  console.log(`\n${table(results)}\n`);
  const bad = results.filter(isBad);
  for (const result of bad) console.log(`${complaint(result)}\n`);
  const minutes = (performance.now() - began) / 60_000;
  const acked = results.reduce((sum, { counts }) => sum + counts.acked, 0);
  console.log(
    `${results.length} faults, ${acked} acknowledged PUTs, ${bad.length} bad, ${minutes.toFixed(1)} min on ${cpus().length} cores`,
  );
  if (args.writeDocs && bad.length === 0) {
    await writeFile(join(import.meta.dirname, '../../docs/faults.md'), document(results, minutes));
    console.log('docs/faults.md is written');
  }
  if (bad.length === 0 && keep === undefined) await rm(runFolder, { recursive: true, force: true });
  if (bad.some(({ breaches }) => breaches.length > 0)) return 1;
  return bad.length > 0 ? 2 : 0;
}

async function tell(scenario: Scenario, where: Parameters<typeof runScenario>[1]): Promise<Result> {
  process.stdout.write(`${scenario.id} ${scenario.name} …`);
  const result = await runScenario(scenario, where);
  const verdict = result.breaches.length > 0 ? 'BREACH' : result.failure === undefined ? 'holds' : 'NOT AS MEANT';
  console.log(` ${verdict}, ${(result.tookMs / 1_000).toFixed(0)} s${result.seen && `; ${result.seen}`}`);
  if (isBad(result)) console.log(complaint(result));
  return result;
}
