// `putlog limits`: how many of a type may run at once, and begin in a second, in all workers together.
import { InvalidArgumentError } from 'commander';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { UsageError } from './exit-code.ts';
import { jsonText, shown } from './shown.ts';
import { table } from './table.ts';
import type { Within } from './within.ts';

type Limit = { type: string; concurrency?: number; perSecond?: number; changedAt?: string };
type Set = ApiOptions & { concurrency?: number; perSecond?: number };

function numberOption(typed: string): number {
  if (/^\d{1,9}(\.\d{1,6})?$/.test(typed)) return Number(typed);
  throw new InvalidArgumentError('Give a number.');
}

const limitText = ({ type, concurrency, perSecond }: Limit): string => {
  const said = [
    ...(concurrency === undefined ? [] : [`${concurrency} at once`]),
    ...(perSecond === undefined ? [] : [`${perSecond} a second`]),
  ];
  return `${shown(type)}: ${said.join(', ') || 'no limit'}`;
};

export function addLimits({ parent, terminal, examples }: Within): void {
  const limits = parent.command('limits').description('shows and changes how many of a type may run');
  const pathOf = (type: string) => `limits/${encodeURIComponent(type)}`;
  const tell = (body: unknown, { json }: ApiOptions) => terminal.out(json ? jsonText(body) : limitText(body as Limit));

  const list = limits.command('list', { isDefault: true }).description('the limit of each type');
  withApi(list).action(async (options: ApiOptions) => {
    const { ask } = openApi(options, terminal);
    const { body } = await ask({ method: 'GET', path: 'limits', repeatable: 'always' });
    const found = (body as { limits: Limit[] }).limits;
    if (options.json) for (const limit of found) terminal.out(jsonText(limit));
    else
      for (const line of table(
        ['TYPE', 'AT ONCE', 'A SECOND', 'CHANGED'],
        found.map(({ type, concurrency, perSecond, changedAt }) => [type, concurrency, perSecond, changedAt]),
        { colours: terminal.colours, columns: terminal.columns(), right: [1, 2] },
      ))
        terminal.out(line);
  });
  examples.give(list, ['putlog limits --json', 'a line of JSON for each type']);

  const set = limits.command('set').description('from now on, in the whole system').argument('<type>', 'job type');
  withApi(set)
    .option('--concurrency <number>', 'at once', numberOption)
    .option('--per-second <number>', 'begun in a second', numberOption)
    .action(async (type: string, options: Set) => {
      const { concurrency, perSecond } = options;
      if (concurrency === undefined && perSecond === undefined)
        throw new UsageError('give --concurrency, --per-second or both; putlog limits reset takes a limit away');
      const limit = {
        ...(concurrency !== undefined && { concurrency }),
        ...(perSecond !== undefined && { perSecond }),
      };
      const { body } = await openApi(options, terminal).ask({
        ...{ method: 'PUT', path: pathOf(type), body: JSON.stringify(limit), repeatable: 'always' },
        headers: { 'content-type': 'application/json' },
      });
      tell(body, options);
    });
  examples.give(set, ['putlog limits set http.request --concurrency 3 --per-second 20', 'no more than that']);

  const reset = limits.command('reset').description('as its definition says again').argument('<type>', 'job type');
  withApi(reset).action(async (type: string, options: ApiOptions) => {
    const { body } = await openApi(options, terminal).ask({
      ...{ method: 'DELETE', path: pathOf(type), repeatable: 'always' },
    });
    tell(body, options);
  });
  examples.give(reset, ['putlog limits reset http.request', 'forget what was set']);
  examples.give(
    limits,
    ['putlog limits', 'all of them'],
    ['putlog limits set demo.sleep --concurrency 2', 'change one'],
  );
}
