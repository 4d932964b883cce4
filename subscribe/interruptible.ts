// Waiting that ends early when nobody wants to wait any more. Retries and the gate wait with it.
import { setTimeout as delay } from 'node:timers/promises';

/** True: waited in full (milliseconds). False: the signal came first. Never rejects. */
export async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  // It rejects for the signal alone, and that is the answer.
  return delay(ms, true, { signal }).catch(() => false);
}
