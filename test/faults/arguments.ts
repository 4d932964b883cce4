// What `npm run test:faults -- …` may be told. Pure; run.ts reads the command line with it.
import { parseArgs } from 'node:util';

export type Arguments = {
  /** Ids of scenarios; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly ci: boolean;
  readonly seeds: readonly number[];
  readonly mutate: boolean;
  readonly writeDocs: boolean;
  /** Goes on with the run of FAULTS_FOLDER. */
  readonly resume: boolean;
};

/**
 * @param draw gives a new seed where none is named
 * @throws Error that says what is wrong, for whoever typed it
 */
export function readArguments(args: readonly string[], known: readonly string[], draw: () => number): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      ci: { type: 'boolean', default: false },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      mutate: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
    },
  });
  const inAnyCase = new Map(known.map((id) => [id.toLowerCase(), id]));
  const asked = values.only?.split(',').map((id) => id.trim());
  const strange = asked?.filter((id) => !inAnyCase.has(id.toLowerCase())) ?? [];
  if (strange.length > 0) throw new Error(`there is no ${strange.join(', ')}; there are ${known.join(', ')}`);
  const only = asked?.flatMap((id) => inAnyCase.get(id.toLowerCase()) ?? []);
  if (only !== undefined && values.ci) throw new Error('--only and --ci both choose scenarios: give one of them');
  if (values.seed !== undefined && values.seeds !== undefined) throw new Error('give --seed or --seeds, not both');
  if (values.resume && (values.seed ?? values.seeds) !== undefined) {
    throw new Error('--resume goes on with the seeds of the run it resumes: leave out --seed and --seeds');
  }
  const count = whole(values.seeds ?? '1', '--seeds', 1, 1_000);
  const seeds =
    values.seed === undefined ? Array.from({ length: count }, draw) : [whole(values.seed, '--seed', 0, 2 ** 31 - 1)];
  return { only, ci: values.ci, seeds, mutate: values.mutate, writeDocs: values['write-docs'], resume: values.resume };
}

function whole(text: string, name: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Error(`${name} takes a whole number from ${least} to ${most}, not "${text}"`);
}
