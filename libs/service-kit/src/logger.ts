import type { LoggerService } from '@nestjs/common';
import type { Log } from '@vfleet/messaging';

/** Nest's own messages, in our form: a constant message, what Nest says as a field; its start-up chatter only in debug. */
export const nestLogger = (log: Log): LoggerService => {
  const at =
    (level: Parameters<Log>[0]) =>
    (text: unknown, ...rest: unknown[]): void =>
      log(level, 'the framework says', { text: String(text), rest });
  return { log: at('debug'), debug: at('debug'), verbose: at('debug'), warn: at('warn'), error: at('error'), fatal: at('error') };
};
