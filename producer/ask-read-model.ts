// What is asked of MongoDB to answer a request: where it cannot say, the client is told with a code, and when to come again.
import { PutlogError } from '../schemas/problem.ts';

/** Milliseconds that MongoDB may take: the driver has no limit of its own. */
export const readPatience = 10_000;

/** `what` begins a sentence: "Dead letters". @throws PutlogError read-model-unavailable */
export async function askReadModel<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const detail = `${what} cannot be read right now. Try again in a few seconds.`;
    throw new PutlogError('read-model-unavailable', detail, { cause, retryAfter: 2 });
  }
}
