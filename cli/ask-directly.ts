// For commands that ask the stack itself and not the API: finds where it is, opens what is needed, and says what comes of it. keys and
// projections are such commands.
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, readConfig } from '../platform/config.ts';
import { SilenceError } from './exit-code.ts';
import { runningHere } from './running-here.ts';
import type { Terminal } from './terminal.ts';

export type AskDirectlyOptions<Opened> = {
  terminal: Pick<Terminal, 'env' | 'out'>;
  open: (config: Config) => Promise<Opened>;
  /** What does not answer is waited for so long (milliseconds), and then this is said. */
  patience: number;
  silent: string;
};

/** Tells the lines of `ask`. @throws SilenceError, ConfigError, whatever `open` and `ask` throw */
export async function askDirectly<Opened extends { close: () => Promise<void> }>(
  { terminal: { env, out }, open, patience, silent }: AskDirectlyOptions<Opened>,
  ask: (opened: Opened) => Promise<string[]>,
): Promise<void> {
  async function asked(): Promise<string[]> {
    const opened = await open(readConfig({ ...(await runningHere(env)), ...env }));
    try {
      return await ask(opened);
    } finally {
      await opened.close();
    }
  }
  async function silence(): Promise<never> {
    await delay(patience, undefined, { ref: false });
    throw new SilenceError(silent);
  }
  for (const text of await Promise.race([asked(), silence()])) out(text);
}
