// The life of a process: configuration, start, ready, signals, an orderly stop with a deadline, and exit codes that a
// supervisor can act on. Each service's main calls it.
import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, ConfigError, readConfig } from './config.ts';
import { limitGarbage } from './limit-garbage.ts';
import { JobsError } from './load-jobs.ts';
import { ProjectionsError } from './load-projections.ts';
import { createLogger, type Logger } from './log.ts';
import { MasterKeyError } from './master-keys.ts';
import { IncompatibleSchemaError } from './registry.ts';
import { TopicMismatchError } from './topics.ts';

/** `url`: where the service answers HTTP, if it does. `stop` gets milliseconds to finish in. */
export type Running = { url?: string; stop: (deadline: number) => Promise<void> };

/** `fatal` ends the process: another one takes over what it was doing. */
export type StartService = (config: Config, log: Logger, fatal: (error: unknown) => void) => Promise<Running>;

/** EX_CONFIG of sysexits.h: starting again without a change will not help. */
const exitConfig = 78;
const isConfiguration = (error: unknown) =>
  [ConfigError, JobsError, ProjectionsError, IncompatibleSchemaError, TopicMismatchError, MasterKeyError].some(
    (kind) => error instanceof kind,
  );

/**
 * @property stray what a promise that nobody awaits does to the process: a worker runs its users' functions, and outlives theirs.
 * @property garbageBytes what of its heap may always be garbage: more collects less often. A part of what lives, unless told.
 */
type Manner = { stray?: 'ends the process' | 'is logged'; garbageBytes?: number };

/** Runs until a signal comes (0), the parent goes (0), the start fails (78 or 1) or something fatal happens (1). */
export async function runService(
  name: string,
  env: NodeJS.ProcessEnv,
  start: StartService,
  { stray = 'ends the process', garbageBytes = 0 }: Manner = {},
): Promise<void> {
  limitGarbage(garbageBytes);
  const config = configOrExit(name, env);
  const log = createLogger(name, config.logLevel);
  const stopped = Promise.withResolvers<number>();
  const fatal = (error: unknown) => {
    log.fatal({ err: error }, 'cannot go on');
    stopped.resolve(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', (error) => {
    if (stray === 'ends the process') fatal(error);
    else log.error({ err: error }, 'a promise was rejected that nobody awaits; a function must await what it starts');
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      stopped.resolve(0);
    });
  process.on('disconnect', () => stopped.resolve(0));

  let running: Running | undefined;
  try {
    running = await Promise.race([start(config, log, fatal), stopped.promise.then(() => undefined)]);
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : 'the start failed');
    stopped.resolve(isConfiguration(error) ? exitConfig : 1);
  }
  if (running !== undefined) {
    log.info({ url: running.url }, 'ready');
    process.send?.({ type: 'ready', url: running.url });
    // It is written at the end otherwise, and who is killed has none in good order.
    flushCompileCache();
  }
  const code = await stopped.promise;
  // Whatever hangs, the process is gone by its deadline: another one takes over.
  const ended = Promise.resolve(running?.stop(config.drainMs)).catch((error: unknown) => {
    log.error({ err: error }, 'the stop was not clean');
    return undefined;
  });
  await Promise.race([ended, delay(config.drainMs + 5_000)]);
  log.info({ code }, 'stopped');
  process.exit(code);
}

function configOrExit(name: string, env: NodeJS.ProcessEnv): Config {
  try {
    return readConfig(env);
  } catch (error) {
    const log = createLogger(name, 'info');
    log.fatal(error instanceof Error ? error.message : String(error));
    process.exit(exitConfig);
  }
}
