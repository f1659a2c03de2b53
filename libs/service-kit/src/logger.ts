import type { LoggerService } from '@nestjs/common';
import type { Log } from '@vfleet/messaging';
import { pino } from 'pino';

/** JSON logs, one record a line: a constant message plus fields. Control characters in fields are escaped by JSON. */
export const openLog = (service: string, level: string): Log => {
  const logger = pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } });
  return (severity, message, fields) => logger[severity](fields, message);
};

/** Nest's own messages, in the same form; its start-up chatter only in debug. */
export const nestLogger = (log: Log): LoggerService => ({
  log: (message: unknown, context?: unknown) => log('debug', String(message), { context }),
  debug: (message: unknown, context?: unknown) => log('debug', String(message), { context }),
  verbose: (message: unknown, context?: unknown) => log('debug', String(message), { context }),
  warn: (message: unknown, context?: unknown) => log('warn', String(message), { context }),
  error: (message: unknown, ...rest: unknown[]) => log('error', String(message), { rest }),
  fatal: (message: unknown, ...rest: unknown[]) => log('error', String(message), { rest }),
});
