import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';

/** sysfs attributes are one page at most (kernel documentation, filesystems/sysfs.rst). */
const MAX_ATTRIBUTE_BYTES = 4096;
/** A mount table of this size has a hundred thousand lines. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const PAGE_BYTES = 65_536;
/** A tree may be somebody else's: no link is followed to a file, and a pipe does not make the agent wait. */
const OPEN_SAFELY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What names a driver, a group or a type; anything else is no kernel's. */
const LINK_NAME = /^[\x20-\x7e]{1,128}$/;

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

/** A whole file of procfs, which unlike an attribute may have many pages; undefined where it cannot be read, or is too large to be true. */
export const readLines = (path: string): readonly string[] | undefined =>
  withFile(path, (read) => {
    const pages: Buffer[] = [];
    for (let position = 0; position <= MAX_FILE_BYTES; position += pages.at(-1)?.length ?? 0) {
      const page = read(position, PAGE_BYTES, true);
      if (!page || page.length === 0) return Buffer.concat(pages).toString('utf8').split('\n');
      pages.push(page);
    }
    return undefined;
  });

/** The last part of a link's target: the name of a driver, the number of a group. */
export const readLinkName = (path: string): string | undefined => {
  try {
    const target = readlinkSync(path);
    const name = target.slice(target.lastIndexOf('/') + 1);
    return LINK_NAME.test(name) ? name : undefined;
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

/** Bytes from a position on; undefined where there are not so many, unless `fewer` will do. */
type ReadBytes = (position: number, length: number, fewer?: boolean) => Buffer | undefined;

/** Lets `use` read from one file at several positions. @throws what `use` throws; undefined where it cannot be opened. */
export const withFile = <T>(path: string, use: (read: ReadBytes) => T): T | undefined => {
  let file: number;
  try {
    file = openSync(path, OPEN_SAFELY);
  } catch {
    return undefined;
  }
  try {
    return use((position, length, fewer = false) => {
      const bytes = Buffer.alloc(length);
      const count = readSync(file, bytes, 0, length, position);
      return count === length || fewer ? bytes.subarray(0, count) : undefined;
    });
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
};
