import { parentOf } from '@vfleet/embedded';
import { readdirSync, readFileSync } from 'node:fs';

const KIB_PER_MIB = 1_024;

const fieldOf = (pid: number, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

const orNothing = (look: () => number): number => {
  try {
    return look();
  } catch {
    // It has ended meanwhile.
    return 0;
  }
};

/** Resident memory of a process, in MiB. proc(5), status. */
export const residentMib = (pid: number): number => orNothing(() => fieldOf(pid, 'VmRSS') / KIB_PER_MIB);

const childrenOf = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);

/** Resident memory of a process with its children, in MiB; what they share counts once, as much as the one that has touched most of it. */
export const familyMib = (parent: number): number => {
  const family = [parent, ...childrenOf(parent)];
  const own = family.reduce((sum, pid) => sum + orNothing(() => fieldOf(pid, 'RssAnon')), 0);
  return (own + Math.max(...family.map((pid) => orNothing(() => fieldOf(pid, 'RssShmem'))))) / KIB_PER_MIB;
};
