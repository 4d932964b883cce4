// Lets a job file say `import { defineJob, Type } from 'putlog'` wherever it lies, installed or not: the name leads to the
// running Putlog's own module. Whoever imports job files calls it first, in each thread.
import { registerHooks } from 'node:module';

const entry = new URL('../schemas/for-jobs.ts', import.meta.url).href;

/** For this thread, from now on. Calling it again changes nothing. */
export function provideJobImports(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'putlog'
        ? { url: entry, format: 'module-typescript', shortCircuit: true }
        : next(specifier, context),
  });
}
