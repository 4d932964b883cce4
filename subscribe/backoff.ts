// How long to wait before a handler that threw is called again: twice as long each time, up to a bound, a random half of it left out so
// that processes do not come at the same moment. Pure.

export type Retry = { attempts: number; backoffMs: number; maxBackoffMs: number };

/** @param failures counts from 1. @param random from 0 to 1. @returns milliseconds */
export const backoff = (failures: number, { backoffMs, maxBackoffMs }: Retry, random = Math.random()): number =>
  Math.min(maxBackoffMs, backoffMs * 2 ** (failures - 1)) * (1 - random / 2);

export const asError = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error(`the handler threw what is no error: ${String(thrown)}`, { cause: thrown });
