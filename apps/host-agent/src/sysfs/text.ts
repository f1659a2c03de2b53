import { readText } from './read.js';
import { Unreadable } from './unreadable.js';

/** Longest name or serial that is believed; a USB string has at most 126 characters, a SCSI designator 255 bytes. */
const MAX_NAME = 256;

/** Kernel names of interfaces (`dev_valid_name`): no blanks, no slash, no colon, and short. */
const INTERFACE_NAME = /^[^\s/:\p{Cc}]{1,15}$/u;

/** A name that somebody wrote into hardware, on one line. @throws Unreadable when no hardware has such a long one */
export const readName = (folder: string, file: string): string | undefined => {
  const name = readText(`${folder}/${file}`)
    ?.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
    .trim();
  if (name !== undefined && name.length > MAX_NAME) throw new Unreadable(`its ${file} has ${name.length} characters or more`);
  return name || undefined;
};

/** A serial; all zeros and all ones are none. @throws Unreadable */
export const readSerial = (folder: string, file: string): string | undefined => {
  const serial = readName(folder, file);
  return serial === undefined || /^(0x)?([0 .:-]+|[fF .:-]+)$/.test(serial) ? undefined : serial;
};

export const isInterfaceName = (name: string): boolean => INTERFACE_NAME.test(name);

/** @throws Unreadable */
export const interfaceName = (name: string): string => {
  if (!isInterfaceName(name)) throw new Unreadable('it has a network interface whose name no kernel takes');
  return name;
};

/** A name that can be told as it is. */
export const isOneLine = (text: string): boolean => text.length <= MAX_NAME && !/[\p{Cc}\p{Cs}]/u.test(text);
