import { readFileSync } from 'node:fs';
import { replaceFile } from '../durable-file.js';

/** What a device was before it was bound for a VM. */
export interface Borrowed {
  /** The driver that it had; undefined where it had none. */
  readonly driver?: string;
  /** What `driver_override` said, where it said anything. */
  readonly override?: string;
}

/** What was taken from the host's drivers, by device id; kept over restarts. */
export interface BorrowedDevices {
  readonly ids: readonly string[];
  get(deviceId: string): Borrowed | undefined;
  /** On the disk when this returns. */
  put(deviceId: string, borrowed: Borrowed): void;
  remove(deviceId: string): void;
}

/** A file that cannot be read is told, and begun anew: its devices stay bound as they are. */
export const borrowedDevices = (path: string, complain: (error: unknown) => void): BorrowedDevices => {
  const known = new Map<string, Borrowed>(Object.entries(read(path, complain)));
  const save = (): void => replaceFile(path, JSON.stringify(Object.fromEntries(known)));
  return {
    get ids() {
      return [...known.keys()];
    },
    get: (deviceId) => known.get(deviceId),
    put: (deviceId, borrowed) => {
      known.set(deviceId, borrowed);
      save();
    },
    remove: (deviceId) => {
      if (known.delete(deviceId)) save();
    },
  };
};

const read = (path: string, complain: (error: unknown) => void): Readonly<Record<string, Borrowed>> => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Borrowed>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') complain(error);
    return {};
  }
};
