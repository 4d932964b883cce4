// What a caller asks for besides the run of a job, as the query and the header fields of a request, or as members of a line of a batch.

/** Numbers are milliseconds; texts are ISO 8601 durations, and times RFC 3339. docs/calls.md says what each does. */
export type CallOptions = {
  /** Ordering key: calls with one key run in order. */
  key?: string;
  delay?: number | string;
  notBefore?: Date | string;
  /** In place of the timeout of the type. */
  timeout?: number | string;
  /** 0 to 7: 0 to 2 goes first, 5 to 7 last. */
  priority?: number;
  /** `<type>` or `<type>/<id>`, each after the one before. */
  then?: readonly string[];
  callback?: string;
  notify?: string;
};

export type RequestOptions = { signal?: AbortSignal };

export type SubmitOptions = CallOptions &
  RequestOptions & {
    /** How long the answer may wait for the end of the job (milliseconds). */
    wait?: number;
    /** W3C trace context. */
    traceparent?: string;
  };

const seconds = (time: number | string): string => (typeof time === 'number' ? String(time / 1_000) : time);
/** RFC 3339. */
export const instant = (time: Date | string): string => (typeof time === 'string' ? time : time.toISOString());

/** The longest that a server holds an answer back unless it is set up otherwise. */
const longestWait = 30_000;
const firstCap = (ms: number) => Math.min(Math.max(0, ms), longestWait);

/** `Prefer: wait` (RFC 7240), in whole seconds; `waits` in milliseconds. */
export function waiting(ms: number | undefined): { headers: Record<string, string>; waits: number } {
  if (ms === undefined || ms <= 0) return { headers: {}, waits: 0 };
  const whole = Math.ceil(firstCap(ms) / 1_000);
  return { headers: { prefer: `wait=${whole}` }, waits: whole * 1_000 };
}

/** The members that both forms have under the same names. */
function* asked({ key, delay, notBefore, timeout, callback, notify }: CallOptions): Generator<[string, string]> {
  if (key !== undefined) yield ['key', key];
  if (delay !== undefined) yield ['delay', seconds(delay)];
  if (notBefore !== undefined) yield ['notBefore', instant(notBefore)];
  if (timeout !== undefined) yield ['timeout', seconds(timeout)];
  if (callback !== undefined) yield ['callback', callback];
  if (notify !== undefined) yield ['notify', notify];
}

/** With its `?`; '' where nothing is asked for. */
export function callQuery(options: CallOptions): string {
  const query = new URLSearchParams([...asked(options)]);
  for (const next of options.then ?? []) query.append('then', next);
  return query.size === 0 ? '' : `?${query}`;
}

export const callHeaders = ({ priority, traceparent, wait }: SubmitOptions): Record<string, string> => ({
  'content-type': 'application/json',
  ...(priority !== undefined && { priority: `u=${priority}` }),
  ...(traceparent !== undefined && { traceparent }),
  ...waiting(wait).headers,
});

export const callMembers = (options: CallOptions): Record<string, unknown> => ({
  ...Object.fromEntries(asked(options)),
  ...(options.priority !== undefined && { priority: options.priority }),
  // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
  ...(options.then !== undefined && { then: options.then }),
});
