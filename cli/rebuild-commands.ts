// The commands `putlog rebuild` and `putlog verify`: options in, lines out, and the exit code. They ask MongoDB and Kafka
// themselves.
import { InvalidArgumentError, Option } from 'commander';
import type { BuildProgress, BuildTools } from '../projections/build-tools.ts';
import { jsonOption } from './api.ts';
import { showBuild } from './show-build.ts';
import { jsonText } from './shown.ts';
import type { Within } from './within.ts';

type RebuildFlags = {
  until?: string;
  verify?: true;
  dryRun?: true;
  rollback?: true;
  keep: number;
  allowMissing?: true;
  acceptDifferences?: true;
  json?: true;
};

/** Lines for people, the same as one value for programs, and whether it is a failure. */
type Said = { lines: string[]; value: object; failed?: boolean };

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds. @throws InvalidArgumentError */
export function keepTime(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const size = Object.entries(units).find(([name]) => name === unit)?.[1];
  if (size === undefined) throw new InvalidArgumentError('give a whole number and s, m, h or d, such as 24h');
  return Number(amount) * size;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number');
  return number;
}

export function addRebuild({ parent, terminal, examples }: Within): void {
  async function run(json: boolean, work: (tools: BuildTools) => Promise<Said>): Promise<void> {
    // Progress is no result: what reads the one need not skip the other.
    const show = showBuild(json ? process.stdout : process.stderr, { json });
    const tell = (progress: BuildProgress) => show.tell(progress);
    try {
      // Only now: no other command needs it.
      const { withBuildTools } = await import('./rebuild-tools.ts');
      const { lines, value, failed } = await withBuildTools(terminal.env, tell, work);
      show.end();
      for (const line of json ? [jsonText({ step: 'done', ...value })] : lines) terminal.out(line);
      if (failed) terminal.endWith(1);
    } finally {
      show.end();
    }
  }

  const rebuild = parent
    .command('rebuild')
    .description(
      'builds the read model anew from the log, beside the one that is read, and switches to it (docs/replay.md)',
    )
    .addOption(
      new Option(
        '--until <time|position>',
        'as it was then, in a collection of its own: RFC 3339, or topic/partition@offset',
      ).conflicts(['rollback', 'dryRun', 'verify']),
    )
    .option('--verify', 'compares every document with the read model that is read now, not only some')
    .addOption(new Option('--dry-run', 'builds and compares, switches nothing, and drops it').conflicts('rollback'))
    .addOption(new Option('--rollback', 'reads again what was read before the last switch').conflicts('verify'))
    .option('--keep <time>', 'how long it can be rolled back, such as 90m or 7d', keepTime, 86_400_000)
    .option('--allow-missing', 'switches though the log no longer has the records of some jobs: their status is lost')
    .option('--accept-differences', 'switches though documents differ: the log is right')
    .addOption(jsonOption('one JSON object a line: progress, then the result'))
    .action(async ({ json = undefined, ...flags }: RebuildFlags) => {
      await run(json === true, (tools) => rebuildOrLook(tools, flags));
    });

  const verify = parent
    .command('verify')
    .description('compares the read model with a fold of the log, document by document; ends with 1 where they differ')
    .option('--limit <number>', 'shows at most so many differences', wholeNumber, 20)
    .addOption(jsonOption('one JSON object a line: progress, then the result'))
    .action(async ({ limit, json = undefined }: { limit: number; json?: true }) => {
      await run(json === true, async (tools) => {
        const [{ verify: look }, { isEqual, verifiedLines }] = await Promise.all([
          import('../projections/verify.ts'),
          import('./rebuild-lines.ts'),
        ]);
        const verified = await look(tools, { all: true });
        const { comparison, ...rest } = verified;
        const value = { ...rest, ...comparison, differences: comparison.differences.slice(0, limit) };
        const equal = isEqual(verified);
        return {
          lines: verifiedLines(verified, limit),
          value: { ...value, found: comparison.differences.length, equal },
          failed: !equal,
        };
      });
    });
  examples.give(
    rebuild,
    ['putlog rebuild --verify', 'builds, compares all of it, switches'],
    ['putlog rebuild --rollback', 'back again, within seconds'],
    ['putlog rebuild --dry-run', 'only to see'],
    ['putlog rebuild --until 2026-11-22T08:30:00Z', 'a look at how it was'],
  );
  examples.give(verify, ['putlog verify', 'is the read model what the log says?']);
}

async function rebuildOrLook(tools: BuildTools, flags: Omit<RebuildFlags, 'json'>): Promise<Said> {
  const { until, rollback, dryRun, keep: keepMs } = flags;
  const say = await import('./rebuild-lines.ts');
  if (until !== undefined) {
    const [{ inspect }, { parseUntil }] = await Promise.all([
      import('../projections/inspect.ts'),
      import('../projections/until.ts'),
    ]);
    const inspected = await inspect(tools, parseUntil(until, Date.now()));
    return { lines: say.inspectedLines(inspected), value: inspected };
  }
  if (rollback) {
    const { rollBack } = await import('../projections/rollback.ts');
    const rolledBack = await rollBack(tools, keepMs);
    return { lines: say.rolledBackLines(rolledBack), value: rolledBack };
  }
  if (dryRun) {
    const { verify } = await import('../projections/verify.ts');
    const tried = await verify(tools, { all: flags.verify === true });
    return { lines: say.triedLines(tried, shownAtMost), value: tried, failed: !say.isEqual(tried) };
  }
  const { rebuild } = await import('../projections/rebuild.ts');
  const rebuilt = await rebuild(tools, {
    ...{ keepMs, verify: flags.verify === true, allowMissing: flags.allowMissing === true },
    acceptDifferences: flags.acceptDifferences === true,
  });
  const { comparison, ...rest } = rebuilt;
  const compared = comparison && { ...comparison, differences: comparison.differences.slice(0, shownAtMost) };
  return { lines: say.rebuiltLines(rebuilt, keepMs), value: { ...rest, ...compared } };
}

/** Of differences, where nobody has said how many. */
const shownAtMost = 20;
