// What a function throws to say something about its next attempt. Any other error leaves it to the policy of its type.

/** Another attempt would fail as well: the job is over. */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError';
}

/** The next attempt, if the policy has one left, comes after `ms` milliseconds, and not before. */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  readonly ms: number;
  constructor(ms: number, message = 'the function asks to be called again later', options?: ErrorOptions) {
    super(message, options);
    this.ms = ms;
  }
}
