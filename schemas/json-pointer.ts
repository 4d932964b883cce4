// JSON Pointers (RFC 6901): how one goes on, and what one leads to. Pure. Whoever tells where in a payload or a result something is.

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What is added to a pointer for a member, or for an element by its index. */
export const pointerStep = (name: string | number): string =>
  `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The names on the way. */
export const pointerNames = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What a pointer leads to; undefined: nothing is there. */
export const valueAt = (value: unknown, pointer: string): unknown =>
  pointerNames(pointer).reduce<unknown>(
    (of, name) => (isObject(of) && Object.hasOwn(of, name) ? of[name] : undefined),
    value,
  );
