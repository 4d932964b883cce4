// Runs a command of Putlog as a process of its own, as a user does, and keeps what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Ran = { code: number | null; stdout: string; stderr: string };

const program = join(import.meta.dirname, '../../cli/putlog.js');

function start(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  return { child, said, closed: once(child, 'close') };
}

/** Resolves when it has ended, however that was. */
export async function runProgram(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const { said, closed } = start(args, env);
  const [code] = await closed;
  return { code: typeof code === 'number' ? code : null, ...said };
}

/** Presses ^C once it has said something; resolves when it has ended. */
export async function interruptOnceItSays(args: readonly string[], env: NodeJS.ProcessEnv, what: RegExp): Promise<Ran> {
  const { child, said, closed } = start(args, env);
  const look = () => {
    if (!what.test(said.stdout)) return;
    child.stdout?.off('data', look);
    child.kill('SIGINT');
  };
  child.stdout?.on('data', look);
  const [code] = await closed;
  return { code: typeof code === 'number' ? code : null, ...said };
}

/** Kills it with -9 once it has said something. @throws Error where it ends before */
export async function killOnceItSays(args: readonly string[], env: NodeJS.ProcessEnv, what: RegExp): Promise<void> {
  const { child, said, closed } = start(args, env);
  child.stdout?.on('data', () => {
    if (what.test(said.stdout)) child.kill('SIGKILL');
  });
  await closed;
  if (child.signalCode !== 'SIGKILL') throw new Error(`it ended before it said ${what}:\n${said.stdout}${said.stderr}`);
}
