import { expect, test } from 'vitest';
import { showProgress } from './show-progress.ts';

const steps = (isTTY: boolean) => {
  let text = '';
  const show = showProgress({
    isTTY,
    write: (more) => {
      text += more;
    },
  });
  show({ kind: 'fetching', part: 'kafka', what: 'Kafka 4.3.1', mb: 1, seconds: 0.5 });
  show({ kind: 'fetching', part: 'kafka', what: 'Kafka 4.3.1', mb: 20, seconds: 3 });
  show({ kind: 'fetched', part: 'kafka', what: 'Kafka 4.3.1', mb: 56, seconds: 6.6 });
  show({ kind: 'starting', part: 'kafka' });
  show({ kind: 'ready', part: 'kafka', address: '127.0.0.1:9092', seconds: 3.1 });
  return text;
};

test('a terminal has a line that changes', () => {
  expect(steps(true)).toContain('\r\u001b[2K  Kafka 4.3.1 20 MB 3 s');
});

test('a file has a line per step', () => {
  expect(steps(false).split('\n')).toEqual([
    '  Kafka 4.3.1…',
    '  Kafka 4.3.1: 56 MB in 6.6 s',
    '  Kafka answers after 3.1 s at 127.0.0.1:9092',
    '',
  ]);
});
