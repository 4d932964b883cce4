// `putlog dlq`: what ended as dead with its cause and its bytes, and sending it again. `putlog dead-letters` and `putlog redrive`, as they
// were called before, do the same.
import { type Command, InvalidArgumentError } from 'commander';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { type DeadLetter, type DeadLetterFilter, listDeadLetters, redrive } from './dead-letters.ts';
import { UsageError } from './exit-code.ts';
import { limitOption } from './list-command.ts';
import { jsonText, shown } from './shown.ts';
import { momentText } from './span.ts';
import { styled, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Within } from './within.ts';

type Filter = ApiOptions & DeadLetterFilter;
type List = Filter & { redriven?: string; limit: number };
type Redrive = Filter & { limit?: number; perSecond?: number };

const withFilter = (command: Command): Command =>
  withApi(command)
    .option('--type <type>', 'of this job type')
    .option('--code <code>', 'with this cause (docs/errors.md)')
    .option('--position <position>', 'at this position: topic/partition@offset')
    .option('--after <time>', 'not before this time: RFC 3339, or so long ago (1h)')
    .option('--before <time>', 'before this time');

function filterOf({ type, code, position, after, before }: Filter): DeadLetterFilter {
  const now = Date.now();
  return {
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(position !== undefined && { position }),
    ...(after !== undefined && { after: momentText(after, now) }),
    ...(before !== undefined && { before: momentText(before, now) }),
  };
}

function countOption(typed: string): number {
  if (/^[1-9]\d{0,8}$/.test(typed)) return Number(typed);
  throw new InvalidArgumentError('Give a whole number from 1 on.');
}

const nameOf = ({ type, id }: DeadLetter) => (type === undefined ? '(unreadable)' : `${type}/${id}`);

async function list(options: List, terminal: Terminal): Promise<void> {
  const { redriven, limit, json } = options;
  const filter = { ...filterOf(options), ...(redriven !== undefined && { redriven }) };
  const letters: DeadLetter[] = [];
  for await (const letter of listDeadLetters(openApi(options, terminal), filter, limit)) {
    if (json) terminal.out(jsonText(letter));
    else letters.push(letter);
  }
  if (json) return;
  const rows = letters.map((letter) => [
    ...[letter.at, letter.position, nameOf(letter), letter.attempt, letter.redrivenAt === undefined ? '' : 'yes'],
    ...[{ text: letter.code, style: 'red' as const }, letter.detail],
  ]);
  const head = ['AT', 'POSITION', 'JOB', 'ATTEMPT', 'SENT AGAIN', 'CODE', 'DETAIL'];
  const { colours } = terminal;
  for (const line of table(head, rows, { colours, columns: terminal.columns(), right: [3] })) terminal.out(line);
}

async function sendAgain(options: Redrive, terminal: Terminal): Promise<void> {
  const { limit, perSecond, json } = options;
  const counts = { redriven: 0, gone: 0 };
  for await (const letter of redrive(openApi(options, terminal), filterOf(options), { limit, perSecond })) {
    const sent = letter.outcome === 'redriven';
    counts[sent ? 'redriven' : 'gone'] += 1;
    const outcome = styled(sent ? 'redriven' : 'gone', sent ? 'green' : 'red', terminal.colours);
    terminal.out(json ? jsonText(letter) : `${outcome}  ${shown(letter.position)}  ${shown(nameOf(letter))}`);
  }
  const gone = counts.gone > 0 ? `, ${counts.gone} could not be: their bytes are gone` : '';
  if (!json) terminal.out(`${counts.redriven} sent again${gone}`);
}

const makeList = (command: Command, terminal: Terminal) =>
  withFilter(command)
    .description('lists what ended as dead, newest first')
    .option('--redriven <true|false>', 'only what was sent again, or was not')
    .option('--limit <number>', 'at most so many, or all', limitOption, 50)
    .action((options: List) => list(options, terminal));

const makeRedrive = (command: Command, terminal: Terminal) =>
  withFilter(command)
    .description('sends dead letters again, as new generations of their jobs; at least one filter')
    .option('--limit <number>', 'at most so many', countOption)
    .option('--per-second <number>', 'at most so many a second', countOption)
    .action((options: Redrive) => sendAgain(options, terminal));

export function addDeadLetters({ parent, terminal, examples }: Within): void {
  const dlq = parent.command('dlq').description('shows dead letters, and sends them again');
  examples.give(
    makeList(dlq.command('list', { isDefault: true }), terminal),
    ['putlog dlq --code job-failed --after 1d', 'what died of its function within a day'],
    ['putlog dlq list --redriven false --limit all --json', 'all that nobody has sent again'],
  );

  const show = dlq
    .command('show')
    .description('one of them, with its bytes (base64), as JSON')
    .argument('<position>', 'topic/partition@offset');
  withApi(show).action(async (position: string, options: ApiOptions) => {
    if (!/^[\w.-]+\/\d+@\d+$/.test(position))
      throw new UsageError(`a position is topic/partition@offset, such as putlog.commands.default.normal/3@42`);
    const path = `dead-letters/${position.replace('@', '/')}`;
    terminal.out(jsonText((await openApi(options, terminal).ask({ method: 'GET', path, repeatable: 'always' })).body));
  });
  examples.give(show, ['putlog dlq show putlog.commands.default.normal/3@42', 'what was read there']);

  examples.give(
    makeRedrive(dlq.command('redrive'), terminal),
    ['putlog dlq redrive --type word.send --per-second 20', 'all of a type, twenty a second'],
    ['putlog dlq redrive --position putlog.commands.default.normal/3@42', 'one of them'],
  );
  examples.give(dlq, ['putlog dlq', 'the latest'], ['putlog dlq redrive --type word.send', 'once its cause is gone']);

  const before = [
    [makeList(parent.command('dead-letters', { hidden: true }), terminal), 'putlog dead-letters --type word.send'],
    [makeRedrive(parent.command('redrive', { hidden: true }), terminal), 'putlog redrive --type word.send'],
  ] as const;
  for (const [command, line] of before) examples.give(command, [line, 'as putlog dlq says it now']);
}
