import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import './kafkajs-timers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function queueWith(pending: unknown[], throttledForMs = 0) {
  let checks = 0;
  const queue = Object.assign(Object.create(RequestQueue.prototype) as RequestQueue, {
    ...{ pending, throttleCheckTimeoutId: null, throttledUntil: Date.now() + throttledForMs },
    checkPendingRequests: () => void checks++,
  });
  return { queue, checks: () => checks };
}

test('a connection on which nothing waits sets no timer', () => {
  queueWith([]).queue.scheduleCheckPendingRequests();
  expect(vi.getTimerCount()).toBe(0);
});

test('a request that waits is looked at soon, or when the throttle ends', () => {
  for (const [throttledForMs, latest] of [
    [0, 10],
    [400, 400],
  ] as const) {
    const { queue, checks } = queueWith(['request'], throttledForMs);
    queue.scheduleCheckPendingRequests();
    queue.scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(latest - 1);
    expect(checks()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(checks()).toBe(1);
  }
});
