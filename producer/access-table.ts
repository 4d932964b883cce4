// Which scope each route needs: the one table of it. A route that does not stand here cannot be registered (access.ts), so nobody can
// forget to decide.
import type { Scope } from '../schemas/access.ts';

/** `open`: to everybody. `allTypes`: it tells of all job types at once, so a caller that may touch only some may not have it. */
export type Need = { readonly scope: Scope | 'open'; readonly allTypes?: true };

const open: Need = { scope: 'open' };
const submit: Need = { scope: 'submit' };
const read: Need = { scope: 'read' };
const readAll: Need = { scope: 'read', allTypes: true };
const operate: Need = { scope: 'operate' };

/** Method and pattern; a parameter stands for whatever is there, also for the name of a type. HEAD is GET. */
export const accessTable: Readonly<Record<string, Need>> = {
  'PUT /jobs/:type/:id': submit,
  'POST /jobs/:type': submit,
  'POST /jobs': submit,
  'DELETE /jobs/:type/:id': submit,
  'GET /jobs/:type/:id': read,
  'GET /jobs/:type/:id/events': read,
  'GET /jobs': read,
  'GET /snapshots': read,
  'DELETE /snapshots/:id': submit,
  'GET /events': read,
  'PUT /groups/:id': submit,
  'GET /groups/:id': read,
  'PUT /schedules/:id': operate,
  'DELETE /schedules/:id': operate,
  'GET /schedules/:id': read,
  'GET /schedules': read,
  'PUT /blobs/:id': submit,
  'DELETE /blobs/:id': submit,
  'GET /blobs/:id': read,
  'GET /dead-letters': read,
  'GET /dead-letters/:topic/:partition/:offset': read,
  'POST /dead-letters/redrive': operate,
  'GET /queues': read,
  'GET /queues/:queue': read,
  'POST /queues/:queue/pause': operate,
  'POST /queues/:queue/resume': operate,
  'GET /limits': read,
  'GET /limits/:type': read,
  'PUT /limits/:type': operate,
  'DELETE /limits/:type': operate,
  'GET /stats': read,
  'GET /metrics': readAll,
  'GET /openapi.json': read,
  'GET /asyncapi.json': read,
  'GET /livez': open,
  'GET /readyz': open,
  // The pages are the same everywhere; what they show is asked for by the browser, with a key.
  'GET /docs': open,
  'GET /docs/': open,
  'GET /docs/js/docs.js': open,
  'GET /docs/js/scalar.js': open,
};

const rules = Object.entries(accessTable).map(([route, need]) => {
  const [method = '', pattern = ''] = route.split(' ');
  return { method, segments: pattern.split('/'), need };
});

/** `type`: the segment of the route that names a job type, or is a parameter that does. */
export type AccessRule = Need & { readonly type: string | undefined };

/** @param url the pattern of a route; undefined: it is not in the table */
export function accessRuleOf(method: string, url: string): AccessRule | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  const segments = url.split('/');
  const fitting = rules.filter(
    (rule) =>
      rule.method === asked &&
      rule.segments.length === segments.length &&
      rule.segments.every((segment, i) => segment === segments[i] || (segment.startsWith(':') && segments[i] !== '')),
  );
  const literal = ({ segments: all }: (typeof rules)[number]) => all.filter((one) => !one.startsWith(':')).length;
  const [best] = fitting.toSorted((a, b) => literal(b) - literal(a));
  return best && { ...best.need, type: segments[best.segments.indexOf(':type')] };
}
