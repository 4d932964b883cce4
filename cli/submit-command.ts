// `putlog submit`: calls a job, and waits for its end if asked; or many, a line each.
import { InvalidArgumentError, Option } from 'commander';
import { type BatchAnswer, type BatchLine, isRefused } from '../client/batch.ts';
import type { SubmitOptions } from '../client/call-request.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { tellJob } from './describe-job.ts';
import { UsageError } from './exit-code.ts';
import { readLinesOf, readPayload } from './payload.ts';
import { jsonText, shown } from './shown.ts';
import { spanOption } from './span.ts';
import { styled } from './table.ts';
import type { Terminal } from './terminal.ts';
import { firstWait, untilOver } from './wait-for-end.ts';
import type { Within } from './within.ts';

type Submit = ApiOptions &
  Pick<SubmitOptions, 'key' | 'delay' | 'notBefore' | 'timeout' | 'priority' | 'then' | 'callback' | 'notify'> & {
    id?: string;
    new?: true;
    wait?: number;
    idempotencyKey?: string;
    lines?: true;
  };

function priorityOption(typed: string): number {
  if (/^[0-7]$/.test(typed)) return Number(typed);
  throw new InvalidArgumentError('Give 0 to 7: 0 to 2 goes first, 5 to 7 last.');
}

const several = (typed: string, before: readonly string[] = []) => [...before, typed];

/** What the calls of one command have in common; absent where it was not said. */
function commonOf({ key, delay, notBefore, timeout, priority, then, callback, notify }: Submit) {
  const all = { key, delay, notBefore, timeout, priority, then, callback, notify };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Omit<
    BatchLine,
    'type' | 'payload'
  >;
}

async function submitOne(type: string, payload: string, options: Submit, terminal: Terminal): Promise<void> {
  const { id, wait, idempotencyKey } = options;
  const value = await readPayload(payload, terminal);
  const { client } = openApi(options, terminal);
  const deadline = performance.now() + (wait ?? 0);
  const asked = { ...commonOf(options), wait: firstWait(wait) };
  const job =
    id === undefined
      ? await client.submit<unknown>(type, value, { ...asked, ...(idempotencyKey !== undefined && { idempotencyKey }) })
      : await client.put<unknown>(type, id, value, { ...asked, mustBeNew: options.new === true });
  const last = wait === undefined ? job : await untilOver(client, job, deadline);
  tellJob(last, terminal, { json: options.json === true, waited: wait !== undefined });
}

/** A line is the payload of a call, or, where no type was named, a call as POST /jobs takes it. */
async function* callsOf(type: string | undefined, source: string, options: Submit, terminal: Terminal) {
  const common = commonOf(options);
  for await (const { value, line } of readLinesOf(source, terminal)) {
    if (type !== undefined) yield { ...common, type, payload: value };
    else if (typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string')
      yield { ...common, payload: undefined, ...value, type: value.type } satisfies BatchLine;
    else throw new UsageError(`line ${line} names no type; give {"type":…,"payload":…}, or the type as an argument`);
  }
}

const answerLine = (answer: BatchAnswer, { colours }: Terminal): string =>
  isRefused(answer)
    ? `${answer.line}  ${styled('refused', 'red', colours)}  ${shown(`${answer.detail} (${answer.code})`)}`
    : `${answer.line}  ${styled(answer.status === 202 ? 'accepted' : 'known', 'green', colours)}  ${answer.type}/${answer.id}`;

async function submitLines(
  type: string | undefined,
  source: string,
  options: Submit,
  terminal: Terminal,
): Promise<void> {
  const { client } = openApi(options, terminal);
  const { idempotencyKey } = options;
  const calls = callsOf(type, source, options, terminal);
  for await (const answer of client.batch(calls, { ...(idempotencyKey !== undefined && { idempotencyKey }) })) {
    if (isRefused(answer)) terminal.endWith(1);
    terminal.out(options.json === true ? jsonText(answer) : answerLine(answer, terminal));
  }
}

function refuseTogether(options: Submit): void {
  const { id, wait, lines, idempotencyKey } = options;
  if (lines && (id !== undefined || wait !== undefined || options.new))
    throw new UsageError('--lines submits many: --id, --new and --wait are for one; a line may have an "id"');
  if (options.new && id === undefined) throw new UsageError('--new needs --id: an id that the server makes is new');
  if (idempotencyKey !== undefined && id !== undefined)
    throw new UsageError('--idempotency-key is for a call without --id; an id does the same');
}

export function addSubmit({ parent, terminal, examples }: Within): void {
  const command = parent
    .command('submit')
    .description('calls a job: one, or many as lines')
    .argument('[type]', 'job type; a line of --lines may name its own')
    .argument('[payload]', 'JSON, @file, or - for the input');
  withApi(command)
    .option('--id <id>', 'your name for it: the same again is the same job; without it the server makes one')
    .option('--new', 'refuse it if the id is there already')
    .option('--wait <span>', 'wait for its end, at most so long, such as 10s', spanOption)
    .option('--key <key>', 'ordering key: calls with one key run in order')
    .option('--delay <span>', 'not before so much time has passed, such as 1m30s', spanOption)
    .option('--not-before <time>', 'not before this time (RFC 3339)')
    .option('--timeout <span>', 'in place of the timeout of its type', spanOption)
    .addOption(
      new Option('--priority <0-7>', '0 to 2 goes first, 5 to 7 last; 3 unless told').argParser(priorityOption),
    )
    .option('--then <job>', 'type or type/id that follows with its result; again for what follows that', several)
    .option('--callback <url>', 'is told of its end')
    .option('--notify <mailto>', 'is written to at its end: mailto:<address>')
    .option('--idempotency-key <key>', 'the same call again under it is the same job')
    .option('--lines', 'NDJSON: each line is a payload of the type, or, without a type, {"type":…,"payload":…}')
    .action(async (type: string | undefined, payload: string | undefined, options: Submit) => {
      refuseTogether(options);
      if (options.lines) {
        // Alone it is where the lines are.
        const alone = payload === undefined && (type === undefined || type === '-' || type.startsWith('@'));
        await submitLines(alone ? undefined : type, (alone ? type : payload) ?? '-', options, terminal);
      } else if (type === undefined || payload === undefined)
        throw new UsageError(
          `give a ${type === undefined ? 'job type and a ' : ''}payload: JSON, @file, or - for the input`,
        );
      else await submitOne(type, payload, options, terminal);
    });
  examples.give(
    command,
    [`putlog submit demo.echo '{"n":1,"text":"hello"}' --wait 10s`, 'call it, and wait for the result'],
    ['putlog submit image.thumbnail @payload.json --id first --key album-7', 'under an id of yours, in order'],
    [`echo '{"ms":500}' | putlog submit demo.sleep - --delay 1m30s --priority 6`, 'the payload from the input; later'],
    ['putlog submit demo.echo - --lines --key import < payloads.ndjson', 'many calls of a type, a payload a line'],
    ['putlog submit --lines @calls.ndjson --json', 'many calls of any types, {"type":…,"payload":…} a line'],
  );
}
