// Streams one answer for each line of a body, in the order of the lines, while the body still arrives. Whatever the sizes of both,
// no more than a window of lines is in hand: what is behind it is not read until the client has taken answers. Called by post-many-routes.
import { Readable } from 'node:stream';
import { createLineSplitter } from './split-lines.ts';

/** An answer ends with a line feed; '' is none. It never rejects. */
export type AnswerLine = (line: Buffer | 'too-long', number: number) => string | Promise<string>;

/** A request body, as far as it is needed here. */
export type Body = Pick<Readable, 'read' | 'on' | 'off' | 'readableEnded'>;

export type AnswerLinesOptions = {
  answer: AnswerLine;
  maxLineBytes: number;
  /** So long may a line take to arrive (milliseconds). */
  lineTimeoutMs: number;
  /** Makes the answer in place of a line that took longer. */
  tooSlow: (number: number) => string;
  window?: { lines: number; bytes: number };
};

type Slot = { bytes: number; text: string | undefined };

/** So many lines in one turn of the event loop: others want theirs. */
const burst = 100;
/** Characters that are handed on at once. */
const enough = 65_536;

/** `breakOff` ends it early: what was begun is answered, then comes the answer that it makes, given the number of the next line. */
export function answerLines(body: Body, options: AnswerLinesOptions) {
  const { answer, maxLineBytes, lineTimeoutMs, tooSlow, window = { lines: 1_000, bytes: 4 * 2 ** 20 } } = options;
  const splitter = createLineSplitter(maxLineBytes);
  let slots: Slot[] = [];
  let head = 0;
  let bytesInHand = 0;
  let number = 0;
  /** No more bytes will come; lines of those that have may still wait. */
  let ended = false;
  /** No more lines will be taken. */
  let over = false;
  /** The window was full: not the client is late. */
  let held = false;
  let wanted = false;
  let scheduled = false;

  const output = new Readable({
    highWaterMark: enough,
    read() {
      wanted = true;
      hand();
    },
    destroy(error, done) {
      end();
      slots = [];
      head = 0;
      done(error);
    },
  });
  const timer = setTimeout(() => {
    const before = number;
    // What has arrived while this process itself was late is read first.
    setImmediate(() => (held || number > before ? timer.refresh() : breakOff(tooSlow)));
  }, lineTimeoutMs);

  function end() {
    over = true;
    clearTimeout(timer);
    body.off('readable', take).off('end', onEnd);
  }

  const isFull = () => slots.length - head >= window.lines || bytesInHand >= window.bytes;

  /** Reads on until the window is full or nothing has arrived. */
  function take() {
    for (let taken = 0; !over; ) {
      if (isFull()) {
        held = true;
        return;
      }
      if (held) timer.refresh();
      held = false;
      const line = splitter.next();
      if (line !== undefined) {
        begin(line);
        taken++;
        if (taken >= burst) return later();
        continue;
      }
      if (ended) return finish();
      const chunk: Buffer | null = body.read();
      if (chunk === null) return;
      splitter.push(chunk);
    }
  }

  function begin(line: Buffer | 'too-long') {
    number++;
    timer.refresh();
    const answered = answer(line, number);
    if (answered === '') return;
    const slot: Slot = { bytes: line.length, text: undefined };
    slots.push(slot);
    bytesInHand += slot.bytes;
    const settle = (text: string) => {
      slot.text = text;
      if (slots[head] === slot) later();
    };
    if (typeof answered === 'string') settle(answered);
    else answered.then(settle, (error) => output.destroy(error));
  }

  /** Everything that is settled in one turn of the event loop travels together. */
  function later() {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (output.destroyed) return;
      hand();
      take();
    });
  }

  /** Gives the client what is settled, as long as it takes it. */
  function hand() {
    while (wanted) {
      let text = '';
      for (let slot = slots[head]; slot?.text !== undefined && text.length < enough; slot = slots[head]) {
        text += slot.text;
        bytesInHand -= slot.bytes;
        head++;
      }
      if (text === '') break;
      wanted = output.push(text);
    }
    if (head > window.lines || head === slots.length) {
      slots = slots.slice(head);
      head = 0;
    }
    if (slots.length === 0 && over) output.push(null);
    else if (held && !isFull()) later();
  }

  function onEnd() {
    ended = true;
    take();
  }

  function finish() {
    const last = splitter.last();
    if (last !== undefined) begin(last);
    end();
    later();
  }

  function breakOff(why: (number: number) => string) {
    if (over) return;
    end();
    slots.push({ bytes: 0, text: why(number + 1) });
    later();
  }

  body.on('readable', take).on('end', onEnd);
  later();
  return { output, breakOff };
}
