// What a function says of how far it is, as the text that is recorded. Called where the function runs: what it may not say is its own
// error.

/** Bytes of JSON. */
const most = 8_192;

/** @throws TypeError where it is no JSON object, or a large one */
export function progressText(update: unknown): string {
  if (typeof update !== 'object' || update === null || Array.isArray(update))
    throw new TypeError('progress takes an object such as { current: 3, total: 10, message: "three of ten" }');
  const text = JSON.stringify(update);
  const bytes = Buffer.byteLength(text);
  if (bytes > most) throw new TypeError(`progress takes at most ${most} bytes of JSON, not ${bytes}`);
  return text;
}
