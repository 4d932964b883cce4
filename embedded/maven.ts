import { runTool } from './run-tool.ts';

/**
 * Runs goals of Maven's dependency plugin, once more after a failure: Maven remembers a failed download, also that
 * of another process, until it is told to look again (-U). Called by fetch-kafka.ts and fetch-registry.ts.
 */
export type MavenRun = {
  readonly directory: string;
  readonly goal: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly onMb: (mb: number) => void;
};

// 2.8 copies an artifact without resolving its parents, which are of no use here and not everywhere to be had.
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:2.8';

export async function maven({ directory, goal, settings, signal, onMb }: MavenRun): Promise<void> {
  const defines = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`);
  const run = (...more: string[]) => {
    const meter = mavenMeter();
    return runTool('mvn', [...more, '-Dstyle.color=never', ...defines, `${plugin}:${goal}`], {
      cwd: directory,
      signal,
      onOutput: (text) => onMb(meter(text)),
    });
  };
  try {
    await run();
  } catch (error) {
    if (signal?.aborted) throw error;
    await run('-U');
  }
}

const megabytesPer: Readonly<Record<string, number>> = { B: 1e-6, kB: 1e-3, MB: 1 };

/**
 * Counts what Maven downloads, from what it prints: `Progress (2): 1.2/3.4 MB | 12 kB` while it goes on and
 * `Downloaded from central: … (3.4 MB at 1.1 MB/s)` after each file. Returns megabytes so far.
 */
export function mavenMeter(): (text: string) => number {
  let done = 0;
  let running = 0;
  let rest = '';
  return (text) => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const finished = /^Downloaded from .*\(([\d.]+) (B|kB|MB)/.exec(line);
      if (finished !== null) {
        done += inMegabytes(finished[1], finished[2]);
        running = 0;
      } else if (line.startsWith('Progress (')) {
        const parts = line.slice(line.indexOf(':') + 1).matchAll(/([\d.]+)(?:\/[\d.]+)? (B|kB|MB)/g);
        running = [...parts].reduce((sum, [, size, unit]) => sum + inMegabytes(size, unit), 0);
      }
    }
    return done + running;
  };
}

const inMegabytes = (size = '0', unit = 'B') => Number(size) * (megabytesPer[unit] ?? 0);
