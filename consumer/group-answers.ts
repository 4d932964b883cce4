// Tells when the group has answered its member, and how old the question was: an answer says that the group knew this process
// when it was asked, not when the answer came. Worker groups watch theirs, for pauses.ts.
import type { Consumer } from 'kafkajs';

/** Keys of the requests behind a HEARTBEAT and a GROUP_JOIN. https://kafka.apache.org/protocol.html#protocol_api_keys */
const questions = new Set([12, 14]);

/** `answered` is told the milliseconds since the question, before whoever listens to the same events from now on. */
export function watchGroupAnswers(consumer: Consumer, answered: (ms: number) => void): void {
  let took = 0;
  consumer.on(consumer.events.REQUEST, ({ payload: { apiKey, duration } }) => {
    if (questions.has(apiKey)) took = duration;
  });
  const tell = () => answered(took);
  consumer.on(consumer.events.HEARTBEAT, tell);
  consumer.on(consumer.events.GROUP_JOIN, tell);
}
