import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** USER_HZ, as `getconf CLK_TCK` says on every Linux. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process has used. proc(5), stat: fields 14 and 15; the name in field 2 may hold blanks. */
export const cpuSeconds = ({ pid }: ChildProcess): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

/** What it has in memory. */
export const residentMiB = ({ pid }: ChildProcess): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
