// Runs scenarios one after the other, each seed after the other, on as few stacks as their needs allow; what runs once comes
// last, with the first seed. Tells each result as it comes. What the folder already has is left out, also where another run with
// --resume has put it there meanwhile. Called by run.ts.
import { type FaultStack, startFaultStack } from './fault-stack.ts';
import { type Kept, keepResult, readKept } from './kept-results.ts';
import { complaint, isBad, isFailed, type Result } from './result.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

type Current = { stack: FaultStack; needs: Scenario; disk: SmallDisk | undefined };

/** `plain`: Kafka's console consumer reads along each time. Each result is kept in `runFolder` as it comes. */
export type MatrixOptions = {
  seeds: readonly number[];
  runFolder: string;
  plain: boolean;
};

/** Resolves to what the folder has then, and what did not come about as it was meant. */
export async function runMatrix(chosen: readonly Scenario[], options: MatrixOptions): Promise<Kept> {
  const { seeds, runFolder, plain } = options;
  const failed: Result[] = [];
  const isKept = async (id: string, of: number) =>
    (await readKept(runFolder)).results.some(({ scenario, seed }) => scenario.id === id && seed === of);
  let current: Current | undefined;
  try {
    for (const { scenario, seed } of roundsOf(chosen, seeds)) {
      if (await isKept(scenario.id, seed)) continue;
      if (current !== undefined && !sameStack(current.needs, scenario)) {
        const before: Current = current;
        current = undefined;
        await end(before);
      }
      process.stdout.write(`${scenario.id} ${scenario.name} …`);
      let result: Result;
      try {
        current ??= await begin(scenario);
        const { stack, disk } = current;
        result = await runScenario(scenario, { stack, seed, runFolder, plain, ...(disk && { disk }) });
      } catch (error) {
        if (scenario.disk === undefined || current !== undefined) throw error;
        result = notRun(scenario, seed, runFolder, error);
      }
      tell(result);
      await keepResult(runFolder, result);
      if (isFailed(result)) failed.push(result);
    }
  } finally {
    if (current !== undefined) await end(current);
  }
  const kept = await readKept(runFolder);
  const order = roundsOf(chosen, seeds).map(({ scenario, seed }) => `${scenario.id} ${seed}`);
  const placeOf = ({ scenario, seed }: Result) => order.indexOf(`${scenario.id} ${seed}`);
  return { ...kept, results: [...kept.results, ...failed].toSorted((a, b) => placeOf(a) - placeOf(b)) };
}

/** What runs, in its order. */
export function roundsOf<One extends Pick<Scenario, 'once'>>(
  chosen: readonly One[],
  seeds: readonly number[],
): { scenario: One; seed: number }[] {
  const { often = [], once = [] } = Object.groupBy(chosen, (scenario) => (scenario.once ? 'once' : 'often'));
  const each = (list: readonly One[], seed: number) => list.map((scenario) => ({ scenario, seed }));
  return [...seeds.flatMap((seed) => each(often, seed)), ...seeds.slice(0, 1).flatMap((seed) => each(once, seed))];
}

const sameStack = (a: Scenario, b: Scenario) =>
  a.broker === b.broker && (a.brokers ?? 1) === (b.brokers ?? 1) && a.disk === b.disk;

async function begin(needs: Scenario): Promise<Current> {
  const disk = needs.disk === undefined ? undefined : mountSmallDisk(needs.disk);
  try {
    const broker = { ...needs.broker, ...(disk && { 'log.dirs': disk.folder }) };
    return { stack: await startFaultStack({ ...needs, broker }), needs, disk };
  } catch (error) {
    disk?.remove();
    throw error;
  }
}

async function end({ stack, disk }: Current): Promise<void> {
  try {
    await stack.stop();
  } finally {
    disk?.remove();
  }
}

function notRun(scenario: Scenario, seed: number, folder: string, error: unknown): Result {
  const failure = error instanceof Error ? error.message : String(error);
  const counts = { acked: 0, rejected: 0, unknown: 0 };
  return {
    scenario,
    seed,
    counts,
    folder,
    failure,
    figures: {},
    breaches: [],
    seen: '',
    recoveryMs: undefined,
    tookMs: 0,
  };
}

function tell(result: Result): void {
  const { breaches, failure, tookMs, seen } = result;
  const verdict = breaches.length > 0 ? 'BREACH' : failure === undefined ? 'holds' : 'NOT AS MEANT';
  console.log(` ${verdict}, ${(tookMs / 1_000).toFixed(0)} s${seen && `; ${seen}`}`);
  if (isBad(result)) console.log(complaint(result));
}
