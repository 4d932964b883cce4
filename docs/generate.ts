// Writes the pages that repeat what the code says: docs/errors.md, docs/configuration.md, docs/asyncapi.yaml and the table in the README.
// `npm run docs` runs it; generate.unit.test.ts fails when a page is not what this would write.
import { readFile, writeFile } from 'node:fs/promises';
import { settings } from '../platform/config.ts';
import { errorCodes } from '../schemas/error-codes.ts';
import { isTerminal, jobStates } from '../schemas/job-status.ts';
import { stateAfter, transitions } from '../schemas/transitions.ts';
import { asyncApiPage } from './asyncapi.ts';
import { commandLinePage } from './command-line-page.ts';

const root = new URL('../', import.meta.url);
const note = (source: string) => `<!-- Generated from ${source} by \`npm run docs\`; edit that instead. -->`;

/** Markdown with columns as wide as their longest cell, which is how the formatter wants it. */
function table(head: string[], rows: string[][]): string {
  // A pipe would end the cell.
  const cells = [head, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${widths.map((width, column) => row[column]?.padEnd(width)).join(' | ')} |`;
  const [titles = [], ...others] = cells;
  return [titles, widths.map((width) => '-'.repeat(width)), ...others].map(line).join('\n');
}

/** "30 days", "5 s", "256 KiB", or nothing where the number is short enough to read. */
function readable(env: string, fallback: string): string {
  const number = Number(fallback);
  const time = [86_400_000, 'day', 3_600_000, 'hour', 1_000, 's'] as const;
  const bytes = [1_048_576, 'MiB', 1_024, 'KiB'] as const;
  const units = env.endsWith('_MS') ? time : env.endsWith('_BYTES') ? bytes : [];
  for (let at = 0; at + 1 < units.length; at += 2) {
    const [size, unit] = [Number(units[at]), units[at + 1]];
    if (number < size || number % size !== 0) continue;
    const plural = unit === 'day' || unit === 'hour' ? (number === size ? '' : 's') : '';
    return ` (${number / size} ${unit}${plural})`;
  }
  return '';
}

const shown = (env: string, fallback: string | undefined) => {
  if (fallback === undefined) return 'required';
  return fallback === '' ? 'none' : `\`${fallback}\`${readable(env, fallback)}`;
};

/** The settings of the services, as a Markdown table. */
export const configurationTable = () =>
  table(
    ['variable', 'default', 'what it is'],
    Object.values(settings).map(({ env, fallback, about }) => [`\`${env}\``, shown(env, fallback), about]),
  );

/** What `putlog start` itself reads; embedded/stack-settings.ts and cli/start-settings.ts give each its meaning. */
const stackTable = () =>
  table(
    ['variable', 'default', 'what it is'],
    [
      ['`PUTLOG_DATA_DIR`', '`.putlog`', 'folder that keeps the log, the schemas and the documents'],
      ['`PUTLOG_CACHE_DIR`', '`~/.cache/putlog`', 'folder for the programs that are fetched once'],
      ['`PUTLOG_KAFKA_PORT`', 'a free one', 'port of the embedded Kafka'],
      ['`PUTLOG_REGISTRY_PORT`', 'a free one', 'port of the embedded schema registry'],
      ['`PUTLOG_MONGODB_PORT`', 'a free one', 'port of the embedded MongoDB'],
      ['`PUTLOG_MONGOD`', 'none', 'path of the mongod to run, instead of one that is found or fetched'],
    ],
  );

export const configurationPage = () => `# Configuration

${note('platform/config.ts')}

Each service (\`putlog api\`, \`putlog worker\`, \`putlog projector\`) reads these variables once, at its start, and refuses to
start with a list of everything that is wrong with them. Times are in milliseconds, sizes in bytes.

${configurationTable()}

\`putlog start\` passes all of them on to the services. \`KAFKA_BROKERS\`, \`SCHEMA_REGISTRY_URL\` and \`MONGODB_URI\` are not
required there: it starts its own Kafka, registry or MongoDB for each that is not given, and for that it reads:

${stackTable()}
`;

export const errorsPage = () => `# Errors

${note('schemas/error-codes.ts')}

Every error is told as a problem document (RFC 9457), over HTTP and as the \`error\` of a job that failed. Its \`type\` is
\`urn:putlog:error:<code>\`, its \`detail\` says what happened this time. _Retriable_: the same request may succeed later.

${table(
  ['code', 'status', 'title', 'retriable'],
  Object.entries(errorCodes).map(([code, { status, title, retriable }]) => [
    `\`${code}\``,
    String(status),
    title,
    retriable ? 'yes' : 'no',
  ]),
)}
`;

/** Mermaid, which GitHub draws: an arrow from state to state, with the events that take it. */
function lifeDiagram(): string {
  const arrows = jobStates.flatMap((from) => {
    const kinds = Map.groupBy(transitions[from], (kind) => stateAfter[kind]);
    return [...kinds].map(([to, by]) => `    ${from} --> ${to}: ${by.join(', ')}`);
  });
  const ends = jobStates.filter(isTerminal).map((state) => `    ${state} --> [*]`);
  return ['stateDiagram-v2', '    [*] --> queued', '    [*] --> scheduled: due later', ...arrows, ...ends].join('\n');
}

export const lifePage = () => `# The life of a job

${note('schemas/transitions.ts')}

What GET says of a job, and the events of \`<prefix>.events\` that take it from state to state. \`npm run test:faults\` holds the
history of every job of its runs against this table; \`docs/generate.unit.test.ts\` holds this page against it.

\`\`\`mermaid
${lifeDiagram()}
\`\`\`

- **queued**: accepted; its command is in the log. \`started\` is told only of attempts that run longer than a quarter of a second:
  the end of a shorter one follows at once.
- **scheduled**: accepted, and not due yet (\`delay\`, \`notBefore\`). Its ordering key does not wait for it.
- **running**: \`started\` again means that another worker runs it, because the one before died or lost the partition.
- **retrying**: an attempt failed and another follows at \`dueAt\`; \`error\` is the last attempt's.
- **succeeded**, **failed**, **cancelled**: the end. Nothing follows but another generation, which begins as queued. \`dead\` is the end
  of what had all its attempts, what killed its worker three times, and what nobody could run; its event carries the bytes of the
  record.
`;

/** The README with the table between its markers. @throws Error where a marker is missing: then nothing would be checked. */
export function withConfiguration(readme: string): string {
  const [begin, end] = ['<!-- configuration -->', '<!-- /configuration -->'];
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`README.md has no place for its table: ${begin} … ${end}`);
  return `${readme.slice(0, from)}${begin}\n\n${configurationTable()}\n\n${readme.slice(to)}`;
}

/** Each page's path from the root of the repository, and how it is made from what is there now. */
export const pages: Record<string, (current: string) => string> = {
  'docs/errors.md': errorsPage,
  'docs/configuration.md': configurationPage,
  'docs/job-life.md': lifePage,
  'docs/asyncapi.yaml': asyncApiPage,
  'docs/command-line.md': () => commandLinePage(note('cli/')),
  'README.md': withConfiguration,
};

/** The text of the page, '' where it is not there yet. */
export async function read(page: string): Promise<string> {
  try {
    return await readFile(new URL(page, root), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

if (import.meta.main) {
  for (const [page, make] of Object.entries(pages)) {
    const current = await read(page);
    const next = page === 'README.md' && current === '' ? current : make(current);
    if (next === current) continue;
    await writeFile(new URL(page, root), next);
    console.log(`wrote ${page}`);
  }
}
