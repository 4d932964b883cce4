/**
 * An error whose message alone tells the user what to do: no stack trace is shown for it. Thrown all over
 * `embedded/`, told apart from bugs by `isProblem` in the command line.
 */
export const problem = (message: string, options?: ErrorOptions): Error =>
  Object.assign(new Error(message, options), { name: 'StackProblem' });

export const isProblem = (error: unknown): error is Error => error instanceof Error && error.name === 'StackProblem';

/** The `code` of a system error (`ENOENT`, `EEXIST`, …), or undefined. */
export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
