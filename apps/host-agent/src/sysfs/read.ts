import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';

/** sysfs attributes are one page at most (kernel documentation, filesystems/sysfs.rst). */
const MAX_ATTRIBUTE_BYTES = 4096;
/** A tree may be somebody else's: no link is followed to a file, and a pipe does not make the agent wait. */
const OPEN_SAFELY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const buffer = Buffer.allocUnsafe(MAX_ATTRIBUTE_BYTES);

/** An attribute's text without its line end; undefined where it cannot be read, or is empty. */
export const readText = (path: string): string | undefined => {
  const length = readInto(path, buffer, 0);
  return length === 0 ? undefined : buffer.toString('utf8', 0, length).trim() || undefined;
};

/** `0x8086` as `8086`, of a fixed number of digits. */
export const readHex = (path: string, digits: number): string | undefined => {
  const text = readText(path)?.toLowerCase();
  const [, hex] = /^0x([0-9a-f]{1,8})$/.exec(text ?? '') ?? [];
  return hex !== undefined && hex.length <= digits ? hex.padStart(digits, '0') : undefined;
};

export const readInteger = (path: string): number | undefined => {
  const text = readText(path);
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
};

/** The last part of a link's target: the name of a driver, the number of a group. */
export const readLinkName = (path: string): string | undefined => {
  try {
    const target = readlinkSync(path);
    return target.slice(target.lastIndexOf('/') + 1) || undefined;
  } catch {
    return undefined;
  }
};

/** Reads into `target` from a position of the file; the number of bytes, 0 where nothing can be read. */
export const readInto = (path: string, target: Buffer, position: number): number => {
  let file: number | undefined;
  try {
    file = openSync(path, OPEN_SAFELY);
    return readSync(file, target, 0, target.length, position);
  } catch {
    return 0;
  } finally {
    if (file !== undefined) closeSync(file);
  }
};

/** Lets `use` read from one file at several positions. @throws what `use` throws; undefined where it cannot be opened. */
export const withFile = <T>(path: string, use: (read: (position: number, length: number) => Buffer | undefined) => T): T | undefined => {
  let file: number;
  try {
    file = openSync(path, OPEN_SAFELY);
  } catch {
    return undefined;
  }
  try {
    return use((position, length) => {
      const bytes = Buffer.alloc(length);
      return readSync(file, bytes, 0, length, position) === length ? bytes : undefined;
    });
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
};
