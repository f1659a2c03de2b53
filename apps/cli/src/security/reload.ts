import fs from 'node:fs';

const PROGRAM = 'nats-server';

/**
 * Has a NATS server on this machine read its configuration again, which cuts off whoever has no user any more.
 * @throws Error where the file names no server that runs
 */
export const reloadServer = (pidFile: string): void => {
  const pid = Number(read(pidFile));
  const program = Number.isSafeInteger(pid) && pid > 1 ? programOf(pid) : undefined;
  if (program !== PROGRAM)
    throw new Error(
      `what is in the folder is changed, but no server was told: ${pidFile} names no ${PROGRAM} that runs${program ? `, but ${program}` : ''}`,
    );
  process.kill(pid, 'SIGHUP');
};

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
};

/** A signal meant for a server that is gone must not end another program. Where there is no /proc the file is believed. */
const programOf = (pid: number): string | undefined => {
  if (!fs.existsSync('/proc/self/comm')) return PROGRAM;
  return read(`/proc/${pid}/comm`) || undefined;
};
