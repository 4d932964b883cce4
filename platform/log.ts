// Logging: one pino logger a process, JSON lines on stdout. What kafkajs says goes through the same logger, and what it
// retries by itself right after a broker's start is told at debug, so that nobody takes it for a fault.
import { type LogEntry, logLevel } from 'kafkajs';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** `to`: the file descriptor that the lines go to; 1 is stdout. */
export function createLogger(service: string, level: string, to = 1): Logger {
  const options = { level, base: { service, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, pino.destination({ dest: to, sync: true }));
}

/** Errors that kafkajs logs loudly and then gets over by itself. */
const retried =
  /coordinator|Restarting the consumer|Topic creation errors|rebalanc|not aware of this member|Failed to connect to|Connection (error|timeout)|disconnected|socket|ECONNREFUSED|ECONNRESET|not the leader|no leader|leadership election|request timed out|Metadata not loaded|Response (Metadata|JoinGroup|SyncGroup|Heartbeat|OffsetFetch|OffsetCommit|FindCoordinator|GroupCoordinator|InitProducerId|Fetch|ListOffsets|ApiVersions)/i;

/** A `logCreator` for kafkajs. */
export const kafkaLog = (log: Logger) => () => (entry: LogEntry) => {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry.log;
  const text = `kafkajs ${entry.namespace}: ${message}`;
  if (entry.level === logLevel.ERROR && !retried.test(`${message} ${fields.error ?? ''}`)) log.error(fields, text);
  else if (entry.level === logLevel.WARN && !retried.test(message)) log.warn(fields, text);
  else log.debug(fields, text);
};
