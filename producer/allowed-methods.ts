// Which methods an address knows: tells a 405 with its `Allow` from a 404. Filled while the routes are registered; a route
// that only says why it refuses (`config: { refuses: true }`) allows nothing.
import 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    refuses?: boolean;
  }
}

export function createAllowedMethods() {
  const methodsOf = new Map<string, Set<string>>();

  const matches = (pattern: string, segments: string[]) => {
    const parts = pattern.split('/');
    return parts.length === segments.length && parts.every((part, i) => part === segments[i] || part.startsWith(':'));
  };

  return {
    /** @param pattern a route such as /jobs/:type/:id */
    add(pattern: string, methods: string | string[]) {
      const known = methodsOf.get(pattern) ?? new Set();
      for (const method of [methods].flat()) known.add(method);
      methodsOf.set(pattern, known);
    },
    /** Sorted; empty where there is nothing at this address. */
    of(url: string): string[] {
      const segments = (url.split('?', 1)[0] ?? '').split('/');
      const found = [...methodsOf].filter(([pattern]) => matches(pattern, segments));
      return [...new Set(found.flatMap(([, methods]) => [...methods]))].sort();
    },
  };
}
