// One fix of kafkajs 2.2.4, in force as soon as this module is imported. Each of its connections keeps a timer for
// requests that wait behind a throttle, also where none waits, with a time in the past: Node makes that a millisecond, so
// every connection wakes its process a thousand times a second for ever (tulios/kafkajs#1751).
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** Milliseconds until requests are looked at again that wait for an answer to another one. */
const checkEvery = 10;

RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleOnlyWhatWaits() {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttled = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttled > 0 ? throttled : checkEvery,
  );
};
