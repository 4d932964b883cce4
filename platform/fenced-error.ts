// What a log writer fails with when its partition is somebody else's. Whoever holds one gives the partition up, or takes it over anew.

/** A newer owner of the identity has written, or the identity's sequence is lost: nothing this writer holds gets in. */
export class FencedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FencedError';
  }
}
