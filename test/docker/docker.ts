// The docker command line, for tests: what it prints, or why it cannot be used here.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Resolves to what it printed, without the last line's end. @throws Error with its error output */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: 16 * 1024 * 1024 });
  return stdout.trimEnd();
}

/** Why containers cannot be started on this machine, in one line; undefined where they can. */
export async function whyNoDocker(): Promise<string | undefined> {
  try {
    await docker('version', '--format', '{{.Server.Version}}');
    await docker('compose', 'version');
    return undefined;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
    return code === 'ENOENT' ? 'there is no docker command' : stderr.trim().split('\n')[0] || String(error);
  }
}
