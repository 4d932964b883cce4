// Readiness checks in words: `ok`, or what is wrong. Each main puts together what it needs.
import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 3_000;

/** Never rejects; an answer that takes longer than 3 s is none. */
export async function check(ask: () => Promise<unknown>): Promise<'ok' | string> {
  try {
    const late = delay(patienceMs, undefined, { ref: false }).then(() => {
      throw new Error(`no answer within ${patienceMs} ms`);
    });
    late.catch(() => undefined);
    await Promise.race([ask(), late]);
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
