import { join } from 'node:path';
import { isWhole } from './cache.ts';
import { kafkaCacheName } from './fetch-kafka.ts';
import { officialAnswers, pythonAdvice } from './fetch-mongod.ts';
import { registryCacheName } from './fetch-registry.ts';
import { type FoundMongod, findMongod } from './find-mongod.ts';
import { findJava, type Java } from './java.ts';
import { isBroker, type PartName } from './part.ts';
import { problem } from './problem.ts';
import { runTool } from './run-tool.ts';
import { leastJava } from './versions.ts';

/**
 * Finds the programs that the wanted parts need, and names all that are missing at once: Java to run, Maven and
 * Python only for what the cache does not hold yet. Called first by start-stack.ts.
 */
export type Requirements = {
  /** Undefined when no wanted part runs on it. */
  readonly java: Java | undefined;
  readonly python: string | undefined;
  /** Undefined when it has to be fetched, or is not wanted. */
  readonly mongod: FoundMongod | undefined;
};

export type RequirementOptions = {
  readonly parts: readonly PartName[];
  readonly cacheDir: string;
  readonly mongod: string | undefined;
};

export async function findRequirements({ parts, cacheDir, mongod: named }: RequirementOptions): Promise<Requirements> {
  const onJava = parts.filter((part) => part !== 'mongod');
  const wantMongod = parts.includes('mongod');
  const [java, withoutMaven, mongod] = await Promise.all([
    onJava.length > 0 ? findJava(process.env.JAVA_HOME) : undefined,
    missingMaven(onJava, cacheDir),
    wantMongod ? findMongod(cacheDir, named) : undefined,
  ]);
  const fetchesMongod = wantMongod && mongod === undefined;
  const python = fetchesMongod ? await findPython() : undefined;
  const withoutPython = fetchesMongod && python === undefined && !(await officialAnswers()) ? [pythonAdvice] : [];
  const withoutJava = onJava.length > 0 ? missingJava(java) : [];
  const missing = [...withoutJava, ...withoutMaven, ...withoutPython];
  if (missing.length === 0) return { java, python, mongod };
  const way = 'Or let Docker bring everything: docker compose up';
  throw problem(
    `The embedded stack needs what this machine lacks.\n${[...missing, way].map((line) => `  - ${line}`).join('\n')}`,
  );
}

function missingJava(java: Java | undefined): string[] {
  const advice = `install Java ${leastJava} or newer (Debian: apt install openjdk-17-jre-headless; macOS: brew install openjdk)`;
  if (java === undefined) return [`Kafka and the schema registry run on Java: ${advice}.`];
  if (java.major !== undefined && java.major >= leastJava) return [];
  return [`${java.file} is Java ${java.major ?? 'of an unknown version'}: ${advice}.`];
}

async function missingMaven(parts: readonly PartName[], cacheDir: string): Promise<string[]> {
  const names = [...new Set(parts.map((part) => (isBroker(part) ? kafkaCacheName : registryCacheName)))];
  const whole = await Promise.all(names.map((name) => isWhole(join(cacheDir, name))));
  if (!whole.includes(false) || (await runs('mvn', ['--version']))) return [];
  return [
    `${names.join(' and ')} are downloaded once by Maven: install it (Debian: apt install maven; macOS: brew install maven).`,
  ];
}

async function findPython(): Promise<string | undefined> {
  for (const python of ['python3', 'python']) if (await runs(python, ['-m', 'pip', '--version'])) return python;
  return undefined;
}

const runs = (file: string, args: readonly string[]) =>
  runTool(file, args).then(
    () => true,
    () => false,
  );
