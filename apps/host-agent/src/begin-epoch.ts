import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { uuidv7 } from 'uuidv7';
import { laterEpoch } from './domain/epoch.js';
import { replaceFile } from './durable-file.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Names this start of a host's agent, later than the one of before, and keeps the name for the next. */
export const beginEpoch = (path: string, hostId: string, log: Logger): string => {
  const epoch = laterEpoch(uuidv7(), lastEpoch(path));
  try {
    replaceFile(path, epoch);
  } catch (error) {
    log.error(
      { hostId, err: (error as Error).message },
      'this start is not written down: after it, a clock that is set back makes the agent unheard',
    );
  }
  return epoch;
};

/** One that cannot be read is as good as none: the clock is right on most machines. */
const lastEpoch = (path: string): string | undefined => {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return UUID_V7.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
};
