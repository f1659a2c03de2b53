import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isToken } from '@vfleet/pci';

/**
 * Where each VM's monitor listens: a folder (`FOLDER/<vmId>.qmp`), a path with `{vmId}` in one of its parts, or the
 * path of each VM by its id.
 */
export type QmpSocketPlaces = string | Readonly<Record<string, string>>;

export interface QmpSockets {
  /** Where a VM's monitor would be; undefined for a VM that the configuration does not know. */
  of(vmId: string): string | undefined;
  /** The VMs that have a socket now, whoever listens on it. @throws when the folder cannot be read. */
  vms(): readonly string[];
}

const PLACE = '{vmId}';

export const qmpSockets = (places: QmpSocketPlaces): QmpSockets => {
  if (typeof places !== 'string') {
    const known = new Map(Object.entries(places));
    return { of: (vmId) => known.get(vmId), vms: () => [...known].filter(([, path]) => existsSync(path)).map(([vmId]) => vmId) };
  }
  const pattern = places.includes(PLACE) ? places : join(places, `${PLACE}.qmp`);
  return {
    of: (vmId) => pattern.replace(PLACE, vmId),
    vms: () => list(pattern),
  };
};

/** Reads the folder in which the pattern's variable part stands, and keeps what leads to a socket. */
const list = (pattern: string): readonly string[] => {
  const parts = pattern.split('/');
  const at = parts.findIndex((part) => part.includes(PLACE));
  const variable = parts.slice(0, at + 1).join('/');
  const [before = '', after = ''] = basename(variable).split(PLACE);
  const rest = parts.slice(at + 1);
  return entriesOf(dirname(variable))
    .filter((entry) => entry.startsWith(before) && entry.endsWith(after) && entry.length > before.length + after.length)
    .map((entry) => entry.slice(before.length, entry.length - after.length))
    .filter((vmId) => isToken(vmId) && existsSync([variable.replace(PLACE, vmId), ...rest].join('/')));
};

/** A folder that is not there yet holds no VM; one that cannot be read hides them. */
const entriesOf = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
