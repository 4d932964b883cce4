import type { OnProgress, Progress } from './progress.ts';

/**
 * Draws the progress of a stack on a terminal, or as plain lines into anything else: one line per part and step, and
 * while parts are being downloaded one line that changes. Used by `putlog start` and by the tests' global setup.
 */
export type Screen = { readonly write: (text: string) => unknown; readonly isTTY?: boolean };

const titles = {
  kafka: 'Kafka',
  'kafka-2': 'Kafka 2',
  'kafka-3': 'Kafka 3',
  registry: 'Schema registry',
  mongod: 'MongoDB',
} as const;

export function showProgress(screen: Screen): OnProgress {
  const fetching = new Map<string, Progress & { kind: 'fetching' }>();
  let live = false;
  const clear = () => {
    if (live) screen.write('\r\u001b[2K');
    live = false;
  };
  const draw = () => {
    if (screen.isTTY !== true || fetching.size === 0) return;
    screen.write(`\r\u001b[2K  ${[...fetching.values()].map(running).join('  ·  ')}`);
    live = true;
  };
  return (progress) => {
    if (progress.kind === 'fetching') {
      // Without a live line, a download is at least announced.
      if (!fetching.has(progress.part) && screen.isTTY !== true) screen.write(`  ${progress.what}…\n`);
      fetching.set(progress.part, progress);
    } else {
      clear();
      if ('part' in progress) fetching.delete(progress.part);
      const line = lineOf(progress);
      if (line !== undefined) screen.write(`  ${line}\n`);
    }
    draw();
  };
}

const running = ({ what, mb, seconds }: Progress & { kind: 'fetching' }) => `${what} ${mb} MB ${Math.round(seconds)} s`;

function lineOf(progress: Exclude<Progress, { kind: 'fetching' }>): string | undefined {
  switch (progress.kind) {
    case 'fetched':
      return `${progress.what}: ${progress.mb} MB in ${progress.seconds} s`;
    case 'starting':
      return undefined;
    case 'ready':
      return `${titles[progress.part]} answers after ${progress.seconds} s at ${progress.address}`;
    case 'stopped':
      return `${titles[progress.part]} stopped in ${progress.seconds} s`;
    case 'note':
      return progress.text;
    default:
      return progress satisfies never;
  }
}
