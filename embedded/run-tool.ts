import { spawn } from 'node:child_process';

/**
 * Runs a helper program (mvn, pip, tar, java -version) to its end and returns what it wrote. Rejects with the last
 * lines of that when it ends with another code than 0, and with the system's error when it cannot be started.
 */
export type ToolOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Is given each chunk of output as it comes. */
  readonly onOutput?: (text: string) => void;
};

export function runTool(file: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { cwd, env, signal, onOutput } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString('utf8');
      onOutput?.(chunk.toString('utf8'));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${file} ended with ${killedBy ?? `code ${code}`}:\n${endOf(output)}`));
    });
  });
}

/** The lines that tell most: Maven's [ERROR] lines where there are any, else the last ones. */
function endOf(output: string): string {
  const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => line.startsWith('[ERROR]'));
  return (errors.length > 0 ? errors.slice(0, 4) : lines.slice(-8)).map((line) => `    ${line}`).join('\n');
}
