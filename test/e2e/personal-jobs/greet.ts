// Types with personal fields, for the tests that look for these: one that says how long they are, one whose result has them in the clear.
import { defineJob, Type } from '../../../schemas/for-jobs.ts';

const mark = { personal: true };
const payload = Type.Object(
  {
    customer: Type.String(),
    city: Type.Optional(Type.String()),
    fails: Type.Optional(Type.Integer()),
    name: Type.String(mark),
    address: Type.Optional(Type.Object({ street: Type.String(mark), city: Type.String() })),
    contacts: Type.Optional(Type.Array(Type.Object({ mail: Type.String(mark) }))),
    account: Type.Optional(Type.Object({ number: Type.Integer(), limits: Type.Array(Type.Integer()) }, mark)),
  },
  { additionalProperties: false },
);

export default [
  defineJob({
    ...{ type: 'test.greet', payload, subject: '/customer' },
    result: Type.Object({
      name: Type.Integer(),
      street: Type.Integer(),
      mails: Type.Integer(),
      limits: Type.Integer(),
    }),
    retry: { attempts: 2, backoffMs: 10 },
    handler({ name, address, contacts = [], account, fails = 0 }, { attempt }) {
      if (name === '[erased]') throw new Error('it was called with what is no data');
      if (attempt <= fails) throw new Error('not yet');
      const [street, mails] = [address?.street.length ?? 0, contacts.map(({ mail }) => mail).join('').length];
      return { name: name.length, street, mails, limits: account?.limits.length ?? 0 };
    },
  }),
  defineJob({
    ...{ type: 'test.introduce', payload, subject: '/customer', run: 'thread' },
    result: Type.Object({ customer: Type.String(), name: Type.String() }),
    handler: ({ customer, name }) => ({ customer, name }),
  }),
];
