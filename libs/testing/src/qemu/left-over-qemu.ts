import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '@vfleet/embedded';

/** End of the name of the file that a machine's process id is in. */
export const PID_FILE = '.qemu.pid';

/** Ends the machines whose files lie in a folder: a run that was killed leaves them running. */
export const stopLeftOverQemu = (folder: string): void => {
  for (const name of readdirSync(folder).filter((each) => each.endsWith(PID_FILE))) {
    const pid = Number.parseInt(readFileSync(join(folder, name), 'utf8'), 10);
    if (commandLine(pid).includes(join(folder, name))) process.kill(pid, 'SIGKILL');
  }
};
