// For commands that ask the stack itself and not the API: finds where it is, opens what is needed, prints what comes of it, and ends the
// process with a message where it does not go well. keys and projections are such commands.
import { type Config, readConfig } from '../platform/config.ts';
import { runningHere } from './running-here.ts';

export type AskDirectlyOptions<Opened> = {
  env: NodeJS.ProcessEnv;
  /** Ends the process with a message. */
  fail: (message: string) => never;
  open: (config: Config) => Promise<Opened>;
  /** What does not answer is waited for so long (milliseconds), and then this is said. */
  patience: number;
  silent: string;
};

/** @param prepare throws where an option is wrong: before anything is connected. It returns what to do, whose lines are printed */
export async function askDirectly<Opened extends { close: () => Promise<void> }>(
  { env, fail, open, patience, silent }: AskDirectlyOptions<Opened>,
  prepare: () => (opened: Opened) => string[] | Promise<string[]>,
): Promise<void> {
  const late = setTimeout(() => fail(silent), patience);
  try {
    const use = prepare();
    const opened = await open(readConfig({ ...(await runningHere(env)), ...env }));
    try {
      for (const text of await use(opened)) console.log(text);
    } finally {
      await opened.close();
    }
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(late);
  }
}
