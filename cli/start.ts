import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { partNames } from '../embedded/part.ts';
import { isProblem } from '../embedded/problem.ts';
import { showProgress } from '../embedded/show-progress.ts';
import { type Stack, startStack } from '../embedded/start-stack.ts';
import { deleteData } from './start-fresh.ts';
import { keepParts, type PartKeeper } from './start-parts.ts';
import { type Run, runFile } from './start-run-file.ts';
import { configurationExit, type ServiceSpec } from './start-service.ts';
import { type Services, serviceSpecs, startServices } from './start-services.ts';
import { type Given, startSettings } from './start-settings.ts';
import { listenForSignals, type StopSignals } from './start-signals.ts';
import { addressTable, lineToTry } from './start-table.ts';

/**
 * `putlog start`: the embedded stack for what is not given, then the services, then an eye on all of them until it is
 * told to stop. Whatever happens, nothing is left running when it returns. Resolves to the exit code.
 */
export type StartOptions = {
  readonly workers?: number;
  /** Delete the data directory's content first. */
  readonly fresh?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Stand-ins for the services, in tests. */
  readonly services?: readonly ServiceSpec[];
};

export async function start(options: StartOptions = {}): Promise<number> {
  const signals = listenForSignals();
  // The terminal may go away before us (SIGHUP); what is said then is lost, and nothing else.
  process.stdout.on('error', () => undefined);
  try {
    return await run(options, signals);
  } catch (error) {
    if (signals.stop.aborted) {
      say('\nStopped before all was up.');
      return signals.now.aborted ? 130 : 0;
    }
    console.error(`\n${isProblem(error) ? error.message : String(error instanceof Error ? error.stack : error)}`);
    return 1;
  } finally {
    signals.release();
  }
}

async function run(options: StartOptions, signals: StopSignals): Promise<number> {
  const env = options.env ?? process.env;
  const { stack: settings, given, port } = await startSettings(env);
  const { dataDir } = settings;
  const logDir = join(dataDir, 'logs');
  if (options.fresh === true) await deleteData(dataDir, say);
  await mkdir(logDir, { recursive: true });

  const file = runFile(dataDir);
  const keeper = keepParts(say);
  const own: Own = {};
  let up = false;
  const writeRun = () => {
    if (!up || signals.stop.aborted) return;
    file.write(describe()).catch((error: unknown) => say(`run.json could not be written: ${String(error)}`));
  };
  const describe = (): Run => describeRun(own, given, port);

  signals.now.addEventListener('abort', () => {
    say('Killing everything.');
    own.services?.kill();
    own.stack?.kill();
  });
  try {
    own.stack = await startStack({
      ...settings,
      parts: partNames.filter((part) => given[part] === undefined),
      onProgress: showProgress(process.stdout),
      onExit: keeper.onExit,
      onPid: writeRun,
      signal: signals.stop,
    });
    keeper.keep(own.stack);
    // Of a run that was killed; ours comes when all is up.
    await file.remove();
    const { kafka, registry, mongodb } = describe();
    own.services = startServices({
      specs: options.services ?? serviceSpecs(options.workers ?? 1),
      env: {
        ...env,
        KAFKA_BROKERS: kafka,
        SCHEMA_REGISTRY_URL: registry,
        MONGODB_URI: mongodb,
        PUTLOG_PORT: String(port),
        // Of our own Kafka we know that it is one broker, and say so once, below.
        PUTLOG_REQUIRE_MIN_ISR: env.PUTLOG_REQUIRE_MIN_ISR || (given.kafka === undefined ? '0' : ''),
      },
      logDir,
      say,
      colorize: process.stdout.isTTY,
      onChange: writeRun,
    });
    const ready = await Promise.race([readyOrRefused(own.services), aborted(signals.stop)]);
    if (ready === 'refused') return configurationExit;
    if (ready === 'ready') {
      up = true;
      await file.write(describe());
      say(`\n${addressTable(describe(), dataDir, logDir)}\n\n${lineToTry(describe().http)}\n`);
      if (given.kafka === undefined)
        say('One Kafka broker, one copy on this disk: docs/guarantees.md says what more takes.');
      say(`ready in ${(performance.now() / 1000).toFixed(1)} s`);
      await aborted(signals.stop);
    }
  } finally {
    await stopAll(own, keeper, signals);
    if (own.stack !== undefined) await file.remove();
  }
  return signals.now.aborted ? 130 : 0;
}

async function readyOrRefused(services: Services): Promise<'ready' | 'refused'> {
  try {
    await services.ready;
    return 'ready';
  } catch (error) {
    if (!isProblem(error)) throw error;
    console.error(`\n${error.message}`);
    return 'refused';
  }
}

/** In the order in which work flows, so that what was accepted can still be written down. */
async function stopAll({ services, stack }: Own, keeper: PartKeeper, signals: StopSignals): Promise<void> {
  if (stack === undefined) return;
  say(signals.stop.aborted ? `\nStopping (${signals.stop.reason}); once more to kill.` : '\nStopping.');
  await services?.stop();
  await keeper.stop();
  await stack.stop();
}

type Own = { stack?: Stack; services?: Services };

function describeRun({ stack, services }: Own, given: Given, port: number): Run {
  const list = (pid: number | undefined) => (pid === undefined ? [] : [pid]);
  return {
    http: services?.url() ?? `http://localhost:${port}`,
    kafka: given.kafka ?? stack?.kafka?.brokers ?? '',
    registry: given.registry ?? stack?.registry?.url ?? '',
    mongodb: given.mongod ?? stack?.mongod?.uri ?? '',
    processes: {
      api: services?.pids('api') ?? [],
      worker: services?.pids('worker') ?? [],
      projector: services?.pids('projector') ?? [],
      kafka: list(stack?.kafka?.pid),
      registry: list(stack?.registry?.pid),
      mongod: list(stack?.mongod?.pid),
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<'stop'>((resolve) => {
    if (signal.aborted) resolve('stop');
    else signal.addEventListener('abort', () => resolve('stop'), { once: true });
  });

const say = (line: string) => console.log(line);
