// A model of a switch for its test: one job, a log of a few records, a projector that may die between any two writes and leave one of
// them on its way, readers and writers that go by an alias of any age that a lease allows, and a rebuild that may stop anywhere. Every
// order of events is tried.
import type { Alias } from '../platform/read-model-alias.ts';
import { feeding, type nextStep, type Step } from './switch-version.ts';

type Version = 'A' | 'B';
const isVersion = (name: string): name is Version => name === 'A' || name === 'B';

/** Records before `upTo`, on their way to these, of which the first `done` have them. */
type Flush = { upTo: number; targets: readonly Version[]; done: number };

export type World = {
  /** All that were ever so. Whoever begins something goes by one from `oldest` on. */
  aliases: readonly Alias[];
  oldest: number;
  /** Records in the log; each says more of the job than the one before. */
  log: number;
  /** How many records the document of a version comes from, and how many its checkpoint covers. */
  document: Readonly<Record<Version, number>>;
  checkpoint: Readonly<Record<Version, number>>;
  projector: { joined: readonly Version[]; at: number; flush: Flush | undefined } | undefined;
  /** Of a projector that was taken for dead. */
  late: Flush | undefined;
  /** What the rebuild has waited for, with the alias that is now. */
  heard: boolean;
  passed: boolean;
  goal: Version;
  /** The most that anybody has been told. */
  told: number;
};

export type Protocol = { next: typeof nextStep };

/** With two there are 200,000 worlds, which were all tried, and in which nothing was found that is not found with one. */
const records = 1;

const beginning: World = {
  ...{ aliases: [{ epoch: 0, current: 'A', feeds: ['A'] }], oldest: 0, log: 0, document: { A: 0, B: 0 } },
  ...{
    checkpoint: { A: 0, B: 0 },
    projector: undefined,
    late: undefined,
    heard: false,
    passed: false,
    goal: 'B',
    told: 0,
  },
};

const aliasOf = ({ aliases }: World): Alias => aliases.at(-1) ?? { epoch: 0, current: 'A', feeds: ['A'] };
const seen = ({ aliases, oldest }: World): readonly Alias[] => aliases.slice(oldest);

/** What each reader could be told now. */
const readings = (world: World): number[] =>
  seen(world).map(({ current, also }) =>
    Math.max(...[current, also ?? current].map((name) => (isVersion(name) ? world.document[name] : 0))),
  );

const atLeast = (of: World['document'], version: Version, least: number) => ({
  ...of,
  [version]: Math.max(of[version], least),
});

function written(world: World, { upTo, targets, done }: Flush): Pick<World, 'document'> & { flush: Flush } {
  const target = targets[done];
  const document = target === undefined ? world.document : atLeast(world.document, target, upTo);
  return { document, flush: { upTo, targets, done: done + 1 } };
}

function* projections(world: World): Generator<World> {
  const { projector, late, log } = world;
  if (late !== undefined) {
    const { document, flush } = written(world, late);
    yield { ...world, document, late: flush.done < flush.targets.length ? flush : undefined };
  }
  if (projector === undefined) {
    for (const { feeds } of seen(world)) {
      const joined = feeds.filter(isVersion);
      const at = Math.min(...joined.map((version) => world.checkpoint[version]));
      yield { ...world, projector: { joined, at, flush: undefined } };
    }
    return;
  }
  const { joined, at, flush } = projector;
  yield { ...world, projector: undefined, late: flush ?? late };
  if (flush === undefined) {
    for (let upTo = at + 1; upTo <= log; upTo++)
      for (const { feeds } of seen(world)) {
        const targets = feeds.filter(isVersion);
        const lacks = targets.some((name) => !joined.includes(name));
        yield { ...world, projector: lacks ? undefined : { joined, at, flush: { upTo, targets, done: 0 } } };
      }
  } else if (flush.done < flush.targets.length) {
    const { document, flush: next } = written(world, flush);
    yield { ...world, document, projector: { joined, at, flush: next } };
  } else {
    const checkpoint = flush.targets.reduce((of, target) => atLeast(of, target, flush.upTo), world.checkpoint);
    yield { ...world, checkpoint, projector: { joined, at: flush.upTo, flush: undefined } };
  }
}

const withAlias = (world: World, change: Omit<Alias, 'epoch'>): World => ({
  ...world,
  ...{ heard: false, passed: false },
  aliases: [...world.aliases, { ...change, epoch: world.aliases.length }],
});

/** What the rebuild does next, given only the alias and what it has waited for since; undefined: it is done. */
export function rebuilds(world: World, { next }: Protocol): World | undefined {
  const alias = aliasOf(world);
  const { epoch } = alias;
  const { goal, log } = world;
  if (!alias.feeds.includes(goal)) return withAlias(world, feeding(alias, goal));
  const step: Step | undefined = next(alias, goal, 0);
  if (step === undefined) return undefined;
  if (step.after !== 'nothing' && !world.heard) return { ...world, heard: true, oldest: epoch };
  if (step.after === 'passed' && !world.passed)
    return {
      ...world,
      passed: true,
      document: atLeast(world.document, goal, log),
      checkpoint: atLeast(world.checkpoint, goal, log),
    };
  return withAlias(world, step.change);
}

function* nextWorlds(world: World, protocol: Protocol): Generator<World> {
  const { log, goal, checkpoint } = world;
  const alias = aliasOf(world);
  if (log < records) yield { ...world, log: log + 1 };
  yield* projections(world);
  const rebuilt = rebuilds(world, protocol);
  if (rebuilt !== undefined) yield rebuilt;
  // Killed, and begun again: what it had waited for it does not know.
  if (world.heard) yield { ...world, heard: false, passed: false };
  if (goal === 'B') {
    if (alias.also === undefined && alias.current === 'A')
      yield {
        ...world,
        document: atLeast(world.document, 'B', checkpoint.A),
        checkpoint: atLeast(checkpoint, 'B', checkpoint.A),
      };
    yield { ...world, goal: 'A', heard: false, passed: false };
  }
}

export const isDone = (world: World): boolean => {
  const { current, also } = aliasOf(world);
  return current === world.goal && also === undefined;
};

/** Two worlds of one name are the same. */
function nameOf(world: World): string {
  const { aliases, oldest, log, document, checkpoint, projector, late, heard, passed, goal, told } = world;
  const flushName = (flush: Flush | undefined) => (flush ? `${flush.upTo}${flush.targets.join('')}${flush.done}` : '-');
  return [
    ...aliases.map(({ current, also = '', feeds }) => `${current}${also},${feeds.join('')}`),
    ...[oldest, log, document.A, document.B, checkpoint.A, checkpoint.B, +heard, +passed, goal, told, flushName(late)],
    ...(projector ? [projector.joined.join(''), projector.at, flushName(projector.flush)] : []),
  ].join('|');
}

/** The worlds from the beginning to the first in which somebody is told less than somebody was told before; undefined: there is none. */
export function stepBack(protocol: Protocol, visit: (world: World) => void = () => undefined): World[] | undefined {
  const known = new Map<string, string | undefined>();
  const worlds = new Map<string, World>();
  const begin = nameOf(beginning);
  let layer = [begin];
  known.set(begin, undefined);
  worlds.set(begin, beginning);
  while (layer.length > 0) {
    const nextLayer: string[] = [];
    for (const name of layer) {
      const world = worlds.get(name);
      if (world === undefined) continue;
      visit(world);
      for (const reached of nextWorlds(world, protocol)) {
        const told = readings(reached);
        const next = { ...reached, told: Math.max(reached.told, ...told) };
        const key = nameOf(next);
        if (known.has(key)) continue;
        known.set(key, name);
        worlds.set(key, next);
        if (Math.min(...told) < next.told) return pathTo(key, known, worlds);
        nextLayer.push(key);
      }
    }
    layer = nextLayer;
  }
  return undefined;
}

function pathTo(last: string, known: ReadonlyMap<string, string | undefined>, worlds: ReadonlyMap<string, World>) {
  const path: World[] = [];
  for (let name: string | undefined = last; name !== undefined; name = known.get(name))
    path.unshift(...[worlds.get(name) ?? []].flat());
  return path;
}
