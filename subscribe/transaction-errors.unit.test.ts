import { MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { isEnded, isPassing } from './transaction-errors.ts';

const labelled = (label: string) => {
  const error = new MongoError('of the server');
  error.addErrorLabel(label);
  return error;
};

test.each([
  ['a transaction that met another', labelled('TransientTransactionError'), true],
  ['a commit without an answer', labelled('UnknownTransactionCommitResult'), true],
  ['a connection that broke', new MongoNetworkError('closed'), true],
  ['one that the handler has wrapped', new Error('billing', { cause: new MongoNetworkError('closed') }), true],
  ['one whose session somebody has ended', new MongoServerError({ message: 'interrupted', code: 11_601 }), true],
  ['a document that is there already', new MongoServerError({ message: 'E11000', code: 11_000 }), false],
  ['an error of the handler', new TypeError('undefined is no function'), false],
  ['what is no error', 'network', false],
])('%s', (_, error, passing) => {
  expect(isPassing(error)).toBe(passing);
});

test('a cause that leads back to its error has an end', () => {
  const error = new Error('a');
  error.cause = error;
  expect(isPassing(error)).toBe(false);
});

test('a transaction that was ended is told from one that met another', () => {
  const ended = new MongoServerError({ message: 'Transaction 3 has been aborted.', code: 251 });
  expect(isEnded(new Error('billing', { cause: ended }))).toBe(true);
  expect(isEnded(new MongoServerError({ message: 'Write conflict', code: 112 }))).toBe(false);
});
