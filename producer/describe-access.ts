// What the API description says of who may: each operation with the scope that it needs, and what it answers where that is missing. Made of
// the table of access, so that it says what is done.
import { accessRuleOf } from './access-table.ts';
import { problems } from './api-description.ts';

export const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or a token where this server takes them' },
};

const refusals = (scope: string) =>
  problems({
    401: 'Nobody said who is calling, or it is not known',
    403: `The caller lacks the scope ${scope}, or may not touch this job type`,
    429: 'The caller is over its share; again after Retry-After',
  });

type Operation = { responses?: object };

/** @param paths of OpenAPI: `/jobs/{type}/{id}` */
export function withAccess(paths: Readonly<Record<string, object | undefined>>): Record<string, object> {
  const described = (path: string, method: string, operation: Operation) => {
    const scope = accessRuleOf(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'))?.scope;
    if (scope === undefined || scope === 'open') return { ...operation, security: [] };
    const responses = { ...operation.responses, ...refusals(scope) };
    return { ...operation, security: [{ bearer: [] }], 'x-putlog-scope': scope, responses };
  };
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item ?? {}).map(([method, operation]) => [
          method,
          described(path, method, operation as Operation),
        ]),
      ),
    ]),
  );
}
