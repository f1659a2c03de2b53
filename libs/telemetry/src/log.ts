import { pino, type DestinationStream, type Logger } from 'pino';
import { currentTraceparent, traceIdOf } from './traceparent.js';

/** A constant message plus fields. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: object) => void;

/** JSON leaves these as they are, and a terminal or a pager acts on them: DEL and C1 controls, line separators, turns of direction. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * JSON lines: `level`, `time`, `service`, `msg`, the fields, and `traceId` where something is done for a trace. Whatever a
 * field holds, a record is one line that a terminal shows as it is.
 */
export const openLogger = (service: string, level: string, destination: DestinationStream = pino.destination({ dest: 1, sync: true })): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const traceId = traceIdOf(currentTraceparent());
        return traceId === undefined ? {} : { traceId };
      },
      hooks: { streamWrite: (line) => line.replace(UNSAFE, escaped) },
    },
    destination,
  );

/** The same as one function. */
export const toLog =
  (logger: Logger): Log =>
  (level, message, fields) =>
    logger[level](fields, message);
