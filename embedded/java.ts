import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';
import { javaMajor } from './versions.ts';

/** The Java of this machine: that of JAVA_HOME, else the one on the PATH. Called by requirements.ts. */
export type Java = {
  readonly file: string;
  /** The feature release, such as 17; undefined when its version text is not understood. */
  readonly major: number | undefined;
  /** Differs between builds, since a class archive fits one build only. */
  readonly id: string;
};

export async function findJava(home: string | undefined): Promise<Java | undefined> {
  const file = home ? join(home, 'bin', 'java') : 'java';
  const text = await runTool(file, ['-version']).catch(() => undefined);
  if (text === undefined) return undefined;
  const major = javaMajor(text);
  return { file, major, id: `java${major}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}` };
}
