// For tests of what reads a version of the read model, whichever that is.
import type { ReadVersions } from './follow-read-model.ts';
import type { ReadModel } from './read-model.ts';

export const oneVersion =
  (model: ReadModel): ReadVersions =>
  () => ({ current: model, also: undefined });
