import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.js';

/** Whose time of day is another one: as far off as said last. */
export interface FakedClock {
  /** For the processes that are to be deceived. Their monotonic clocks stay as they are, as those of a machine whose clock is set. */
  readonly environment: NodeJS.ProcessEnv;
  /** Sets it at once in all of them: `+1h`, `-1h`, `+0`. */
  readonly set: (off: string) => void;
}

const LIBRARIES = ['/usr/lib', '/usr/local/lib'];
const NAME = 'faketime/libfaketime.so.1';

/** Where libfaketime is (the Debian package `faketime`); undefined where it is not. */
export const findFaketime = (): string | undefined =>
  LIBRARIES.flatMap((folder) => [folder, ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])])
    .map((folder) => join(folder, NAME))
    .find((path) => existsSync(path));

/** A clock for the processes of a stage. */
export const aFakedClock = ({ folder }: Stage): FakedClock => {
  const file = join(folder, 'clock');
  const set = (off: string): void => writeFileSync(file, `${off}\n`);
  set('+0');
  return {
    set,
    environment: {
      LD_PRELOAD: findFaketime() ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // The first name is that of version 0.9.10, the second that of later ones.
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  };
};
