import { readFileSync, rmSync } from 'node:fs';
import { replaceFile } from '../durable-file.js';
import { readText } from '../sysfs/read.js';

/** What a VM has, or had last. */
export interface LastHeld {
  readonly vmId: string;
  readonly address: string;
}

/** What a VM has left, and why it is not reset. */
export interface LeftBehind extends LastHeld {
  readonly because: string;
}

/** By device id: what VMs have, and what they have left and nobody has reset since. */
export interface ResetRecord {
  readonly attached: ReadonlyMap<string, LastHeld>;
  readonly left: ReadonlyMap<string, LeftBehind>;
}

/** Keeps the record over restarts of the agent, up to the next boot of the host: that resets its devices. */
export interface ResetRecordFile {
  /** On the disk when this returns; not written where nothing is new. */
  save(record: ResetRecord): void;
  readonly kept: ResetRecord;
}

const NOTHING: ResetRecord = { attached: new Map(), left: new Map() };

/** A UUID that the kernel makes at each boot (proc(5), /proc/sys/kernel/random). Where it cannot be read, what is kept counts. */
const bootId = (procRoot: string): string | undefined => readText(`${procRoot}/sys/kernel/random/boot_id`);

/** A file that cannot be read is told, and begun anew. */
export const resetRecordFile = (path: string, procRoot: string, complain: (error: unknown) => void): ResetRecordFile => {
  const boot = bootId(procRoot);
  const read = readRecord(path, complain);
  const isOfThisBoot = boot === undefined || read?.boot === undefined || read.boot === boot;
  let written: string | undefined;
  return {
    kept: read && isOfThisBoot ? read.record : NOTHING,
    save: ({ attached, left }) => {
      const text = JSON.stringify({ boot, attached: Object.fromEntries(attached), left: Object.fromEntries(left) });
      if (text === written) return;
      replaceFile(path, text);
      written = text;
    },
  };
};

/** Nothing is to be reset any more. */
export const forgetResets = (path: string): void => rmSync(path, { force: true });

interface Kept {
  readonly boot?: string;
  readonly attached: Readonly<Record<string, LastHeld>>;
  readonly left: Readonly<Record<string, LeftBehind>>;
}

const readRecord = (path: string, complain: (error: unknown) => void): { readonly boot?: string; readonly record: ResetRecord } | undefined => {
  try {
    const { boot, attached, left } = JSON.parse(readFileSync(path, 'utf8')) as Kept;
    return { ...(boot !== undefined && { boot }), record: { attached: new Map(Object.entries(attached)), left: new Map(Object.entries(left)) } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') complain(error);
    return undefined;
  }
};
