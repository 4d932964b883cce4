import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from './cache.ts';
import type { Java } from './java.ts';
import type { Part } from './part.ts';
import { createPartProcess } from './part-process.ts';

/**
 * A file with the JVM's loaded classes (AppCDS), which more than halves the start of Kafka and the registry. Made
 * once for each Java and version by a trial run that nobody else sees; called by install-part.ts.
 */
export type ClassArchiveOptions = {
  readonly cacheDir: string;
  /** The cache name of the program itself. */
  readonly program: string;
  readonly java: Java;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  /** The part on trial, with these JVM options and all its data under this directory. */
  readonly part: (jvm: readonly string[], dataDir: string) => Promise<Part>;
  /** Uses the part a little, so that what answers requests is loaded too. */
  readonly exercise: (part: Part) => Promise<void>;
};

const archiveName = 'classes.jsa';

export type ClassArchive = { readonly jvm: readonly string[]; readonly filledMb?: number };

/** The JVM options that make use of the archive; none when it cannot be made, which costs seconds and nothing else. */
export async function classArchive(options: ClassArchiveOptions): Promise<ClassArchive> {
  const { cacheDir, program, java, signal, note } = options;
  const name = `${program}-classes-${java.id}`;
  try {
    const { directory, ...rest } = await cached({ cacheDir, name, signal, fill: (to) => trialRun(options, to) });
    return { jvm: [`-XX:SharedArchiveFile=${join(directory, archiveName)}`], ...rest };
  } catch (error) {
    signal.throwIfAborted();
    note(
      `No class archive for ${program}, so it starts more slowly: ${error instanceof Error ? error.message : error}`,
    );
    return { jvm: [] };
  }
}

async function trialRun({ part: makePart, exercise, signal }: ClassArchiveOptions, directory: string): Promise<void> {
  const dataDir = join(tmpdir(), `putlog-trial-${randomUUID()}`);
  const archive = join(directory, archiveName);
  await mkdir(dataDir);
  try {
    const trial = createPartProcess({
      part: await makePart([`-XX:ArchiveClassesAtExit=${archive}`], dataDir),
      logFile: join(directory, 'trial.log'),
      stopDeadlineMs: 120_000,
      onStarted: async () => undefined,
      // The size check below says what is wrong.
      onExit: () => undefined,
    });
    try {
      await trial.start(signal);
      await exercise(trial.part);
      await trial.stop();
    } finally {
      await trial.stop('SIGKILL');
    }
    await stat(archive);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
