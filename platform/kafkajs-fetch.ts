// One change of kafkajs 2.2.4, in force as soon as this module is imported: a consumer fetches in a session (fetch-session.ts), and of an
// answer only what says something is handed on. Without it each fetch names every partition, and for each that has nothing kafkajs
// makes a batch, queues it, and asks for a heartbeat: a third of what a worker needed at a few calls a second.
import Broker, { type FetchOptions } from 'kafkajs/src/broker/index.js';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import { requests } from 'kafkajs/src/protocol/requests/index.js';
import type { FetchAnswer } from './fetch-answer.ts';
import { createFetchSession, type FetchSession } from './fetch-session.ts';

const fetchKey = 1;
/** The one whose answers fetch-answer.ts reads; it knows sessions. */
const fetchVersion = 11;
/** FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH: the broker has made room for others, or was started again. */
const sessionGone = new Set([70, 71]);

type Read = { session: FetchSession; busy: boolean };
const reads = new WeakMap<Broker, Read>();

const { fetch } = Broker.prototype;

/** Only consumers say where they are (`rackId`); a cluster's single fetches are each about something else. */
Broker.prototype.fetch = function inSession(options) {
  const read = reads.get(this) ?? { session: createFetchSession(), busy: false };
  reads.set(this, read);
  const maxVersion = this.versions?.[fetchKey]?.maxVersion ?? 0;
  if (options.rackId === undefined || maxVersion < fetchVersion || read.busy) return fetch.call(this, options);
  return fetchNext(this, options, read);
};

async function fetchNext(broker: Broker, options: FetchOptions, read: Read): Promise<FetchAnswer> {
  read.busy = true;
  try {
    const answer = await ask(broker, options, read.session);
    return sessionGone.has(answer.errorCode) ? await ask(broker, options, read.session) : answer;
  } finally {
    read.busy = false;
  }
}

/** @throws what kafkajs throws; then the next one begins anew */
async function ask(broker: Broker, options: FetchOptions, session: FetchSession): Promise<FetchAnswer> {
  const request = { ...options, ...session.next(options.topics) };
  let answer: FetchAnswer;
  try {
    answer = (await broker.connectionPool.send(broker.lookupRequest(fetchKey, requests.Fetch)(request))) as FetchAnswer;
  } catch (error) {
    session.lost();
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
  if (answer.errorCode === 0) session.answered(answer.sessionId);
  else {
    session.lost();
    if (!sessionGone.has(answer.errorCode)) throw createErrorFromCode(answer.errorCode);
  }
  const responses = answer.responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.filter(
      ({ messages, preferredReadReplica }) => messages.length > 0 || preferredReadReplica !== -1,
    ),
  }));
  return { ...answer, responses: responses.filter(({ partitions }) => partitions.length > 0) };
}
