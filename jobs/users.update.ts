// users.update: a short job to wait for, with the shape of an everyday one. Putlog keeps no users: it normalises and checks
// a change of a user's record and returns what is to be stored, as a service with a database would before it writes.
import Type, { type Static } from 'typebox';
import { defineJob } from '../schemas/define-job.ts';

const changes = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })),
    email: Type.Optional(Type.String({ maxLength: 254, pattern: '^\\s*[^\\s@]+@[^\\s@]+\\.[^\\s@]+\\s*$' })),
    language: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', description: 'BCP 47' })),
  },
  { additionalProperties: false, minProperties: 1 },
);
const userId = Type.String({ minLength: 1, maxLength: 200 });

function normalised({ name, email, language }: Static<typeof changes>): Static<typeof changes> {
  return {
    ...(name !== undefined && { name: name.normalize('NFC').trim().replace(/\s+/g, ' ') }),
    ...(email !== undefined && { email: withLowerCaseDomain(email.trim()) }),
    ...(language !== undefined && { language: Intl.getCanonicalLocales(language).join() }),
  };
}

/** The part before the @ may be case-sensitive (RFC 5321 §2.4), the domain is not. */
function withLowerCaseDomain(email: string): string {
  const at = email.lastIndexOf('@');
  return email.slice(0, at) + email.slice(at).toLowerCase();
}

export default defineJob({
  type: 'users.update',
  description: 'Normalises a change of a user record and returns it; nothing is stored.',
  example: { userId: '42', changes: { name: ' Ada  Lovelace ', email: 'ada@Example.com' } },
  payload: Type.Object({ userId, changes }, { additionalProperties: false }),
  result: Type.Object({ userId, changed: Type.Array(Type.String()), user: changes }, { additionalProperties: false }),
  timeout: 5_000,
  handler({ userId: id, changes: wanted }) {
    const user = normalised(wanted);
    return { userId: id, changed: Object.keys(user), user };
  },
});
