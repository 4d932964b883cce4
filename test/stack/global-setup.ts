import type { TestProject } from 'vitest/node';
import type {} from './addresses.ts';
import { useSharedStack } from './shared-stack.ts';

/** Vitest's global setup of the projects int and e2e; `unit` has none and starts nothing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { addresses, stop } = await useSharedStack();
  project.provide('stack', addresses);
  return stop;
}
