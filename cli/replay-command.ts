// `putlog replay`: past calls through new code, and in what they differ. It asks Kafka itself, and MongoDB only for blobs.
import { InvalidArgumentError } from 'commander';
import type { FoundDifference } from '../replay/replay.ts';
import { jsonOption } from './api.ts';
import { UsageError } from './exit-code.ts';
import { createMovingLine } from './moving-line.ts';
import { isSame, replayedLines, replayHead, replayProgressLine, replayRow } from './replay-lines.ts';
import { jsonText, shown } from './shown.ts';
import { table } from './table.ts';
import type { Within } from './within.ts';

type Options = {
  handlers: string;
  from?: string;
  to?: string;
  limit?: number;
  concurrency: number;
  json?: true;
};

/** A table is for somebody who reads it; all of it is kept until it is shown. */
const shownAtMost = 1_000;

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('give a whole number, from 1 on');
  return Number(text);
}

/** What was typed is wrong, whoever finds out. */
function asUsage(cause: unknown): never {
  throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
}

async function spanOf({ from, to }: Options) {
  const { parseUntil } = await import('../projections/until.ts');
  const parse = (text: string | undefined) => (text === undefined ? undefined : parseUntil(text, Date.now()));
  try {
    return { from: parse(from), to: parse(to) };
  } catch (error) {
    return asUsage(error);
  }
}

export function addReplay({ parent, terminal, examples }: Within): void {
  const { colours, columns, env, out } = terminal;

  async function run(type: string, options: Options): Promise<void> {
    const { json, handlers, limit = Number.POSITIVE_INFINITY, concurrency } = options;
    const span = await spanOf(options);
    // Only now: no other command needs it.
    const [{ withReplayTools }, { loadHandlers }, { replay }] = await Promise.all([
      import('./replay-tools.ts'),
      import('../replay/load-handlers.ts'),
      import('../replay/replay.ts'),
    ]);
    const job = await loadHandlers(handlers, type).catch(asUsage);
    const line = createMovingLine(process.stderr);
    const rows: FoundDifference[] = [];
    let found = 0;
    const differs = (difference: FoundDifference) => {
      found++;
      if (json) out(jsonText({ step: 'difference', type, ...difference }));
      else if (rows.length < shownAtMost) rows.push(difference);
    };
    try {
      const replayed = await withReplayTools(env, job, (tools) =>
        replay(
          {
            ...{ ...tools, job, differs, signal: terminal.interrupted() },
            told(progress) {
              // Lines among errors that are JSON are for nobody.
              if (!json || process.stderr.isTTY) line.draw(shown(replayProgressLine(progress)), true);
            },
          },
          { ...span, limit, concurrency },
        ),
      );
      line.end();
      const same = isSame(replayed);
      if (json) out(jsonText({ step: 'done', ...replayed, same }));
      else {
        const body = rows.map((row) => replayRow(type, row));
        if (found > 0) for (const text of table(replayHead, body, { colours, columns: columns() })) out(text);
        for (const text of replayedLines(replayed, found - rows.length)) out(shown(text));
      }
      if (!same) terminal.endWith(1);
    } finally {
      line.end();
    }
    terminal.leave();
  }

  const command = parent
    .command('replay')
    .description(
      'runs past calls of a job type through new code, without effects, and compares what comes of them; ends with 1 where they differ (docs/replay.md)',
    )
    .argument('<type>', 'job type')
    .requiredOption('--handlers <folder>', 'folder of job files, as PUTLOG_JOBS, with the new code')
    .option('--from <time|position>', 'calls from then on: RFC 3339, or topic/partition@offset; all unless told')
    .option('--to <time|position>', 'calls up to then; up to now unless told')
    .option('--limit <number>', 'compares at most so many', positive)
    .option('--concurrency <number>', 'runs so many at once', positive, 10)
    .addOption(jsonOption('one JSON object a line: each difference, then what it came to'))
    .action(run);
  examples.give(
    command,
    ['putlog replay word.count --handlers ./new --from 2026-11-21T00:00:00Z', 'does new code do what the old did?'],
    [
      'putlog replay word.count --handlers ./new --from putlog.events/3@1200 --to 2026-11-22T08:30:00Z --limit 1000 --json',
      'of a part of the log, a thousand calls, for a script',
    ],
  );
}
