import type { PartName } from './part.ts';

/**
 * What a stack tells while it is fetched, started and stopped. Emitted by `embedded/`, drawn on a terminal by
 * show-progress.ts; tests leave it out. `seconds` count from the beginning of that step.
 */
export type Progress =
  | {
      readonly kind: 'fetching';
      readonly part: PartName;
      readonly what: string;
      readonly mb: number;
      readonly seconds: number;
    }
  | {
      readonly kind: 'fetched';
      readonly part: PartName;
      readonly what: string;
      readonly mb: number;
      readonly seconds: number;
    }
  | { readonly kind: 'starting'; readonly part: PartName }
  | { readonly kind: 'ready'; readonly part: PartName; readonly address: string; readonly seconds: number }
  | { readonly kind: 'stopped'; readonly part: PartName; readonly seconds: number }
  | { readonly kind: 'note'; readonly text: string };

export type OnProgress = (progress: Progress) => void;

/** Seconds since it was made, with one decimal. */
export const stopwatch = () => {
  const began = performance.now();
  return () => Math.round((performance.now() - began) / 100) / 10;
};
