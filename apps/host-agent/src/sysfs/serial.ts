import { withFile } from './read.js';

type Read = (position: number, length: number) => Buffer | undefined;

/** PCI Express extended capabilities: where the list starts, and the id of the device serial number (PCIe 6.0, 7.6 and 7.9.3). */
const EXTENDED_SPACE = 0x100;
const CONFIG_BYTES = 4096;
const DEVICE_SERIAL_NUMBER = 0x0003;
/** More capabilities than fit into the space: a list that runs in a circle ends here. */
const MAX_CAPABILITIES = 64;

/** The PCIe device serial number as lspci writes it, `52-54-00-ff-ff-10-00-05`; only root can read where it stands. */
export const readDeviceSerial = (folder: string): string | undefined => withFile(`${folder}/config`, findDeviceSerial);

const findDeviceSerial = (read: Read): string | undefined => {
  let at = EXTENDED_SPACE;
  for (let seen = 0; seen < MAX_CAPABILITIES && at >= EXTENDED_SPACE && at + 4 <= CONFIG_BYTES; seen += 1) {
    const header = read(at, 4)?.readUInt32LE();
    if (header === undefined || header === 0 || header === 0xffffffff) return undefined;
    if ((header & 0xffff) === DEVICE_SERIAL_NUMBER) return formatSerial(read(at + 4, 8));
    at = (header >>> 20) & 0xffc;
  }
  return undefined;
};

/** All zeros and all ones mean that the maker wrote none. The number is stored with its lowest byte first. */
const formatSerial = (bytes: Buffer | undefined): string | undefined => {
  if (!bytes || bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return undefined;
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('-');
};

/** Vital product data (PCI 3.0, appendix I): large resource tags, and the end tag. */
const IDENTIFIER_STRING = 0x82;
const READ_ONLY_DATA = 0x90;
const MAX_VPD_BYTES = 4096;

/** The `SN` keyword of the vital product data. Slow on real hardware: each four bytes wait for the device. */
export const readVpdSerial = (folder: string): string | undefined => withFile(`${folder}/vpd`, findVpdSerial);

const findVpdSerial = (read: Read): string | undefined => {
  for (let at = 0; at + 3 <= MAX_VPD_BYTES;) {
    const head = read(at, 3);
    const tag = head?.[0];
    if (!head || (tag !== IDENTIFIER_STRING && tag !== READ_ONLY_DATA)) return undefined;
    const length = head.readUInt16LE(1);
    if (tag === READ_ONLY_DATA) return findKeyword(read, at + 3, Math.min(at + 3 + length, MAX_VPD_BYTES));
    at += 3 + length;
  }
  return undefined;
};

const findKeyword = (read: Read, from: number, end: number): string | undefined => {
  for (let at = from; at + 3 <= end;) {
    const field = read(at, 3);
    if (!field) return undefined;
    const length = field[2] ?? 0;
    if (field.toString('latin1', 0, 2) === 'SN') return cleanSerial(read(at + 3, length)?.toString('latin1'));
    at += 3 + length;
  }
  return undefined;
};

const cleanSerial = (text: string | undefined): string | undefined => {
  const serial = text?.replace(/[^\x21-\x7e]+/g, ' ').trim();
  return !serial || /^(0+|f+|F+)$/.test(serial) ? undefined : serial.slice(0, 128);
};
