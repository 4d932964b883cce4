import { beforeEach, describe, expect, test } from 'vitest';
import type { Command } from '../schemas/command.ts';
import type { Limit } from '../schemas/limit.ts';
import { type AdmissionTools, createAdmission } from './admission.ts';
import type { Task } from './task.ts';

const partitions = 4;
let limits: Map<string, Limit>;
let paused: Set<string>;
let cancelled: Set<string>;
let places: { place: number }[];
let wanted: [string, number, number][];
let owned: number[];

beforeEach(() => {
  [limits, paused, cancelled, places, wanted, owned] = [new Map(), new Set(), new Set(), [], [], [0, 1, 2, 3]];
});

const tools: AdmissionTools = {
  isPaused: (topic) => paused.has(topic),
  limitOf: (type) => limits.get(type),
  owned: () => owned,
  partitions,
  isCancelled: ({ id }) => cancelled.has(id),
  leases: {
    want: (...want) => void wanted.push(want),
    take: () => places.shift(),
    give: (_, lease) => void places.push(lease),
  },
};

const taskOf = (id: string, type = 'a'): Task => {
  const submit = { kind: 'submit', type, id, generation: 0, attempt: 1, key: id, payload: '{}', digest: 'd' } as const;
  const command: Command = { ...submit, submittedAt: 1, dueAt: null, after: null, options: null };
  const about = { offset: 0, key: id, tenant: '', bytes: 1, startedAt: null, notBefore: 0 };
  return { ...about, command, opened: undefined, traceparent: undefined };
};

/** A runner: what it has begun, and what was told to it. */
function open(admission: ReturnType<typeof createAdmission>, topic = 't') {
  const begun: string[] = [];
  const door = admission.open(topic, (task) => ask(task));
  const ask = (task: Task) => {
    if (!door.waits(task)) begun.push(task.command.id);
  };
  const tasks = new Map<string, Task>();
  return {
    ...door,
    begun,
    ask(...ids: string[]) {
      for (const id of ids) {
        tasks.set(id, taskOf(id));
        ask(tasks.get(id) ?? taskOf(id));
      }
    },
    end: (id: string) => door.over(tasks.get(id) ?? taskOf(id)),
  };
}

test('without a limit all begin', () => {
  const one = open(createAdmission(tools));
  one.ask('1', '2', '3');
  expect(one.begun).toEqual(['1', '2', '3']);
  one.end('1');
});

describe('at once', () => {
  test('so many run, over all partitions of the worker, and the next begins when one is over', () => {
    limits.set('a', { concurrency: 4 });
    const admission = createAdmission(tools);
    const [one, other] = [open(admission), open(admission, 'u')];
    one.ask('1', '2', '3');
    other.ask('4', '5', '6');
    expect([one.begun, other.begun]).toEqual([['1', '2', '3'], ['4']]);
    one.end('2');
    expect(other.begun).toEqual(['4', '5']);
  });

  test('a worker with half of the partitions has half of them; more when they come', () => {
    limits.set('a', { concurrency: 8 });
    owned = [0, 3];
    const admission = createAdmission(tools);
    const one = open(admission);
    one.ask('1', '2', '3', '4', '5', '6');
    expect(one.begun).toEqual(['1', '2', '3', '4']);
    owned = [0, 1, 3];
    admission.sweep();
    expect(one.begun).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('a higher limit, or none, lets go what waits', () => {
    limits.set('a', { concurrency: 4 });
    const admission = createAdmission(tools);
    const one = open(admission);
    one.ask('1', '2', '3', '4', '5', '6', '7');
    limits.set('a', { concurrency: 6 });
    admission.sweep();
    expect(one.begun).toHaveLength(6);
    limits.clear();
    admission.sweep();
    expect(one.begun).toHaveLength(7);
  });

  test('a partition that goes takes with it what runs and what waits', () => {
    limits.set('a', { concurrency: 4 });
    const admission = createAdmission(tools);
    const [one, other] = [open(admission), open(admission, 'u')];
    one.ask('1', '2', '3', '4', '5');
    other.ask('6');
    one.close();
    admission.sweep();
    expect([one.begun, other.begun]).toEqual([['1', '2', '3', '4'], ['6']]);
  });

  test('fewer than partitions: only with a place that is leased', () => {
    limits.set('a', { concurrency: 1 });
    const admission = createAdmission(tools);
    const one = open(admission);
    one.ask('1', '2');
    expect(one.begun).toEqual([]);
    admission.sweep();
    expect(wanted.at(-1)).toEqual(['a', 1, 2]);
    places.push({ place: 0 });
    admission.sweep();
    expect(one.begun).toEqual(['1']);
    one.end('1');
    expect(one.begun).toEqual(['1', '2']);
    expect(wanted.at(-1)).toEqual(['a', 1, 0]);
  });
});

test('a rate: the next begins when its time has come', async () => {
  limits.set('a', { perSecond: 20 });
  const admission = createAdmission(tools);
  const one = open(admission);
  const began = performance.now();
  one.ask('1', '2', '3', '4');
  expect(one.begun).toEqual(['1']);
  while (one.begun.length < 4) {
    await new Promise(setImmediate);
    admission.sweep();
  }
  expect(performance.now() - began).toBeGreaterThanOrEqual(145);
});

test('of those that wait the most urgent go first, but one of twenty', () => {
  limits.set('a', { concurrency: 4 });
  const admission = createAdmission(tools);
  const [low, high] = [open(admission, 'q.low'), open(admission, 'q.high')];
  const ids = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`);
  low.ask(...ids('l', 20));
  high.ask(...ids('h', 80));
  const order: string[] = [];
  for (let next = 0; order.length < 70; next++) {
    const [begun, ...more] = [...low.begun.splice(0), ...high.begun.splice(0)];
    if (begun === undefined || more.length > 0) for (const id of more) order.push(id);
    if (begun !== undefined) order.push(begun);
    const over = order[next];
    if (over === undefined) throw new Error(`nothing began after ${order}`);
    (over.startsWith('l') ? low : high).end(over);
  }
  const afterTheFirst = order.slice(4);
  const places = afterTheFirst.flatMap((id, i) => (id.startsWith('l') ? [i] : []));
  expect(places).toHaveLength(3);
  expect(new Set(places.slice(1).map((place, i) => place - (places[i] ?? 0)))).toEqual(new Set([20]));
});

test('a limit of one type holds up no other', () => {
  limits.set('a', { concurrency: 4, perSecond: 0.001 });
  const one = createAdmission(tools).open('t', () => undefined);
  expect([taskOf('1'), taskOf('2'), taskOf('3', 'b')].map(one.waits)).toEqual([false, true, false]);
});

describe('a queue that is paused', () => {
  test('begins nothing; when it goes on all begin, within their limits', () => {
    limits.set('a', { concurrency: 4 });
    paused.add('t');
    const admission = createAdmission(tools);
    const [one, other] = [open(admission), open(admission, 'u')];
    one.ask('1', '2', '3', '4', '5', '6');
    other.ask('7');
    admission.sweep();
    expect([one.begun, other.begun]).toEqual([[], ['7']]);
    paused.clear();
    admission.sweep();
    expect(one.begun).toEqual(['1', '2', '3']);
    other.end('7');
    expect(one.begun).toEqual(['1', '2', '3', '4']);
  });

  test('what is cancelled need not wait, neither there nor for a limit', () => {
    limits.set('b', { perSecond: 0.001 });
    paused.add('t');
    const admission = createAdmission(tools);
    const one = open(admission);
    one.ask('1', '2');
    const limited = admission.open('u', (task) => void began.push(task.command.id));
    const began: string[] = [];
    expect(['3', '4', '5'].map((id) => limited.waits(taskOf(id, 'b')))).toEqual([false, true, true]);
    cancelled = new Set(['2', '5']);
    admission.sweep();
    expect([one.begun, began]).toEqual([['2'], ['5']]);
  });
});

test('callers take turns for the places of a type', () => {
  limits.set('a', { concurrency: 4 });
  const admission = createAdmission(tools);
  const begun: string[] = [];
  const ask = (task: Task) => {
    if (!door.waits(task)) begun.push(task.command.id);
  };
  const door = admission.open('t', ask);
  const much = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((id) => ({ ...taskOf(`much-${id}`), tenant: 'much' }));
  const little = { ...taskOf('little'), tenant: 'little' };
  for (const task of [...much, little]) ask(task);
  expect(begun).toEqual(['much-1', 'much-2', 'much-3', 'much-4']);
  for (const task of much.slice(0, 2)) door.over(task);
  expect(begun.slice(4)).toEqual(['much-5', 'little']);
});
